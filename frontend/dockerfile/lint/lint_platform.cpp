// Rules about the platform in FROM.
#include <fmt/core.h>

#include <optional>

#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/stage_view.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

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
