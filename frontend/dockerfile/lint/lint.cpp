// Runs the rules over a Dockerfile; see lint.h.
#include "frontend/dockerfile/lint/lint.h"

#include <algorithm>
#include <array>
#include <set>

#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/check_options.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/lint/run_script.h"
#include "frontend/dockerfile/lint/stage_view.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

constexpr std::array kFileRules = {check_instruction_casing,  check_writing,
                                   check_stage_names,         check_base_names,
                                   check_undefined_variables, check_secrets};

constexpr std::array kStageRules = {check_platform_flag,
                                    check_base_platform,
                                    check_commands,
                                    check_workdir,
                                    check_expose,
                                    check_ignored_files,
                                    check_copy_before_install,
                                    check_rewritten_files,
                                    check_package_lists,
                                    check_cache_mounts};

/// The target and the stages that it is based on: their layers are those of the image.
std::set<std::size_t> stages_of_image(const Stages& stages) {
  std::set<std::size_t> result;
  const StageOrigin* next = nullptr;
  std::size_t index = stages.target;
  do {
    result.insert(index);
    next = std::get_if<StageOrigin>(&stages.all[index].base);
    if (next) index = next->index;
  } while (next);
  return result;
}

/// Reads every RUN once: several rules look at its commands.
void read_scripts(StageView& view) {
  StepStart start(view);
  for (const ast::Instruction* instruction : view.instructions()) {
    if (const auto* run = std::get_if<ast::Run>(instruction))
      view.scripts.emplace(run, start.commands_of(*run));
    start.visit(*instruction);
  }
}

void check_stages(const LintInput& input, Findings& findings) {
  const std::set<std::size_t> of_image = stages_of_image(*input.stages);
  for (const std::size_t index : input.linted) {
    const Stage& stage = input.stages->all[index];
    if (stage.is_replaced) continue;
    const auto start = input.seen.stages.find(index);
    StageView view{.input = input,
                   .stage = stage,
                   .start = start == input.seen.stages.end() ? StageStart() : start->second,
                   .in_image = of_image.contains(index)};
    read_scripts(view);
    for (const auto& check : kStageRules)
      check(view, findings);
  }
}

}  // namespace

std::vector<graph::Diagnostic> lint(const LintInput& input) {
  if (input.check.skip_all) return {};
  Findings findings(input.check);
  check_characters(input.text, findings);
  for (const auto& check : kFileRules)
    check(input, findings);
  if (input.stages != nullptr) check_stages(input, findings);
  return findings.take(input.ast);
}

}  // namespace cbuild::frontend
