// Rules about CMD, ENTRYPOINT, HEALTHCHECK, WORKDIR and EXPOSE.
#include <fmt/core.h>

#include <map>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/lint/stage_view.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

namespace {

const ast::Command* command_of(const ast::Instruction& instruction) {
  if (const auto* cmd = std::get_if<ast::Cmd>(&instruction)) return &cmd->command;
  if (const auto* entrypoint = std::get_if<ast::Entrypoint>(&instruction))
    return &entrypoint->command;
  return nullptr;
}

bool counts_once(const ast::Instruction& instruction) {
  return command_of(instruction) != nullptr ||
         std::holds_alternative<ast::Healthcheck>(instruction);
}

/// A WORKDIR stands in a stage that this one is based on.
bool inherits_workdir(const StageView& view) {
  const Stages& stages = *view.input.stages;
  const auto* base = std::get_if<StageOrigin>(&view.stage.base);
  while (base) {
    const Stage& stage = stages.all[base->index];
    for (const ast::Instruction* instruction : stage.instructions)
      if (std::holds_alternative<ast::Workdir>(*instruction)) return true;
    base = std::get_if<StageOrigin>(&stage.base);
  }
  return false;
}

void check_port(const std::string& port, const graph::SourceRange& range, Findings& findings) {
  const auto colon = port.rfind(':');
  const bool has_host = colon != std::string::npos && port.find_first_not_of(':') < colon;
  if (has_host) {
    findings.add(RuleId::expose_invalid_format, range,
                 fmt::format("EXPOSE instruction should not define an IP address or host-port "
                             "mapping, found '{}'",
                             port));
  }
  const auto slash = port.find('/');
  if (slash == std::string::npos) return;
  const std::string protocol = port.substr(slash + 1);
  if (protocol == to_lower(protocol)) return;
  findings.add(
      RuleId::expose_proto_casing, range,
      fmt::format("Defined protocol '{}' in EXPOSE instruction should be lowercase", port));
}

/// The mistake in a command that begins like a JSON array; empty for any other.
std::string_view fault_of_array(std::string_view text) {
  if (!text.starts_with('[')) return "";
  if (!text.ends_with(']')) return " (the ] of the array is missing)";
  if (text.find('\'') != text.npos) return " (write the strings of the array in double quotes)";
  return " (the text between [ and ] is not a JSON array)";
}

}  // namespace

void check_commands(const StageView& view, Findings& findings) {
  bool has_shell = view.start.has_shell;
  std::map<std::string, const ast::Info*> last;
  for (const ast::Instruction* instruction : view.instructions()) {
    if (std::holds_alternative<ast::Shell>(*instruction)) has_shell = true;
    if (!counts_once(*instruction)) continue;
    const ast::Info& info = ast::info_of(*instruction);
    const ast::Command* command = command_of(*instruction);
    if (command && !command->exec && !has_shell) {
      findings.add(RuleId::json_args_recommended, command->range,
                   fmt::format("JSON arguments recommended for {} to prevent unintended behavior "
                               "related to OS signals{}",
                               info.keyword, fault_of_array(command->text)));
    }
    const ast::Info*& earlier = last[to_upper(info.keyword)];
    if (earlier) {  // it is the one that has no effect
      findings.add(RuleId::multiple_instructions_disallowed, earlier->range,
                   fmt::format("Multiple {} instructions should not be used in the same stage "
                               "because only the last one will be used",
                               info.keyword));
    }
    earlier = &info;
  }
}

void check_workdir(const StageView& view, Findings& findings) {
  for (const ast::Instruction* instruction : view.instructions()) {
    const auto* workdir = std::get_if<ast::Workdir>(instruction);
    if (!workdir) continue;
    // The first one decides; the others start from there.
    const std::string path = view.value(workdir->path);
    if (path.starts_with('/') || inherits_workdir(view)) return;
    findings.add(RuleId::workdir_relative_path, workdir->path.range,
                 fmt::format("Relative workdir {} can have unexpected results if the base image "
                             "changes",
                             quoted(path)));
    return;
  }
}

void check_expose(const StageView& view, Findings& findings) {
  for (const ast::Instruction* instruction : view.instructions()) {
    const auto* expose = std::get_if<ast::Expose>(instruction);
    if (!expose) continue;
    for (const ast::Word& word : expose->ports) {
      for (const std::string& port : split(view.value(word), ' '))
        check_port(port, word.range, findings);
    }
  }
}

}  // namespace cbuild::frontend
