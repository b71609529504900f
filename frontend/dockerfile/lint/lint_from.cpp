// Rules about FROM.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/stage_view.h"
#include "frontend/dockerfile/stages.h"
#include "frontend/dockerfile/statement.h"

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
  Options options = input.options;
  options.build_args.clear();
  try {
    return global_arguments(input.ast, options);
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
  for (const UnsetVariable& unset : input.seen.unset_in_from) {
    const std::string advice =
        unset.suggestion.empty() ? "" : fmt::format(" (did you mean {}?)", unset.suggestion);
    findings.add(RuleId::undefined_arg_in_from, unset.range,
                 fmt::format("FROM argument '{}' is not declared{}", unset.name, advice));
  }
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

void check_platform_flag(const StageView& view, Findings& findings) {
  const std::optional<ast::Word>& flag = view.stage.from->platform;
  if (!flag) return;
  if (flag->text == "$TARGETPLATFORM" || flag->text == "${TARGETPLATFORM}") {
    findings.add(RuleId::redundant_target_platform, flag->range,
                 fmt::format("Setting platform to predefined {} in FROM is redundant as this is "
                             "the default behavior",
                             flag->text));
  }
  if (flag->text.find('$') != std::string::npos) return;
  // "FROM --platform=linux/arm64 … AS build-arm64" means what it says.
  const std::string& name = view.stage.name;
  const oci::Platform& platform = view.stage.platform;
  if (name.find(platform.os) != std::string::npos ||
      name.find(platform.architecture) != std::string::npos)
    return;
  findings.add(
      RuleId::from_platform_flag_const_disallowed, flag->range,
      fmt::format("FROM --platform flag should not use constant value {}", quoted(flag->text)));
}

void check_base_platform(const StageView& view, Findings& findings) {
  const std::optional<oci::Platform>& actual = view.start.base_platform;
  const oci::Platform& expected = view.stage.platform;
  if (!actual || (actual->os == expected.os && actual->architecture == expected.architecture))
    return;
  findings.add(
      RuleId::invalid_base_image_platform, view.stage.from->info.range,
      fmt::format("Base image {} was pulled with platform {}, expected {} for current build",
                  view.stage.from->image.text, quoted(actual->to_string()),
                  quoted(expected.to_string())));
}

}  // namespace cbuild::frontend
