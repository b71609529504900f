// Rules about the names in FROM: of the stage and of its base.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "cbuild/frontend/diagnostic.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

constexpr std::array<std::string_view, 2> kReserved = {"context", "scratch"};

/// The base of `from` when no build argument is given; nullopt when that cannot be told.
std::optional<std::string> default_base(const ast::From& from,
                                        const Variables& defaults,
                                        char escape) {
  const auto lookup = [&](std::string_view name) { return defaults.find(name); };
  try {
    return expand_word(from.image, lookup, {.escape = escape, .unset = nullptr});
  } catch (const DockerfileError&) {
    return std::nullopt;
  }
}

std::optional<Variables> default_arguments(const LintInput& input) {
  try {
    return frontend::default_arguments(input.ast, input.options);
  } catch (const DockerfileError&) {  // the build will say so
    return std::nullopt;
  }
}

}  // namespace

void check_stage_names(const LintInput& input, Findings& findings) {
  std::set<std::string> names;
  for (const ast::Instruction& instruction : input.ast.instructions) {
    const auto* from = std::get_if<ast::From>(&instruction);
    if (!from || from->stage.empty()) continue;
    if (std::ranges::find(kReserved, from->stage) != kReserved.end()) {
      findings.add(RuleId::reserved_stage_name, from->stage_as_written.range,
                   fmt::format("Stage name should not use the same name as reserved stage {}",
                               quoted(from->stage)));
    }
    if (names.insert(from->stage).second) continue;
    findings.add(
        RuleId::duplicate_stage_name, from->stage_as_written.range,
        fmt::format("Duplicate stage name {}, stage names should be unique", quoted(from->stage)));
  }
}

void check_base_names(const LintInput& input, Findings& findings) {
  const std::optional<Variables> defaults = default_arguments(input);
  if (!defaults) return;
  for (const ast::Instruction& instruction : input.ast.instructions) {
    const auto* from = std::get_if<ast::From>(&instruction);
    if (!from || from->image.text.find('$') == std::string::npos) continue;
    const auto base = default_base(*from, *defaults, input.ast.directives.escape);
    if (!base || oci::Reference::try_parse(*base)) continue;
    findings.add(RuleId::invalid_default_arg_in_from, from->image.range,
                 fmt::format("Default value for ARG {} results in empty or invalid base image name",
                             from->image.text));
  }
}

}  // namespace cbuild::frontend
