// Checks stages before any base image is resolved; see check_stages.h.
#include "frontend/dockerfile/check_stages.h"

#include <optional>
#include <set>

#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/faults.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

void check_one(const ast::Instruction& instruction, const Options& options) {
  std::visit([&](const auto& one) { one.check(options); }, instruction);
}

/// An error in a trigger is shown at its ONBUILD, because its own ranges count from its first line.
void check_triggers(const Stage& stage, const Options& options) {
  for (const ast::Onbuild* onbuild : triggers_of(stage)) {
    try {
      check_one(onbuild->trigger->instruction, options);
    } catch (const DockerfileError& error) {
      throw DockerfileError(onbuild->info.range, error.what());
    }
  }
}

/// Finds what no value of any variable could make right.
void check_expansion(const ast::Instruction& instruction, char escape, Faults& faults) {
  // Every variable has a value here, so that ${v:?} and odd patterns in variables are no matter.
  const VariableLookup any = [](std::string_view) { return std::optional<std::string>("x"); };
  const ExpandOptions options{.escape = escape, .unset = nullptr};
  const ast::Words words = ast::words_of(instruction);
  for (const ast::Word* word : words.expanding) {
    if (word->text.find_first_of("$'\"") == std::string::npos) continue;
    faults.collect([&] { expand_word(*word, any, options); });
  }
  for (const ast::Heredoc* heredoc : words.files)
    faults.collect([&] { expand_heredoc(*heredoc, any, options); });
}

}  // namespace

void check_stages(const Stages& stages,
                  const std::vector<std::size_t>& wanted,
                  const Options& options,
                  char escape,
                  Faults& faults) {
  std::set<std::size_t> checked;  // bases whose triggers were checked
  for (const std::size_t index : wanted) {
    const Stage& stage = stages.all[index];
    if (stage.is_replaced) continue;
    const auto* base = std::get_if<StageOrigin>(&stage.base);
    if (base != nullptr && checked.insert(base->index).second)
      faults.collect([&] { check_triggers(stages.all[base->index], options); });
    for (const ast::Instruction* instruction : stage.instructions) {
      faults.collect([&] { check_one(*instruction, options); });
      check_expansion(*instruction, escape, faults);
    }
  }
}

}  // namespace cbuild::frontend
