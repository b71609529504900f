// The commands of a RUN after the expansion of variables and braces and after cd, as far as they
// can be known without a shell.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/dockerfile/lint/shell_commands.h"

namespace cbuild::frontend {

struct StageView;

namespace ast {
struct Instruction;
struct Run;
}  // namespace ast

/// The arguments of `command`, and those that are no options.
std::vector<std::string> operands_of(const ScriptCommand& command);

/// `word` as an absolute, clean path, wildcards and all; nullopt for a redirection and for what is
/// not known.
std::optional<std::string> path_of(const ScriptCommand& command, std::string_view word);

/// Directory and variables at the start of each step of a stage. Its instructions are visited in
/// order.
class StepStart {
 public:
  explicit StepStart(const StageView& view);

  /// ENV, ARG and WORKDIR count, others change nothing.
  void visit(const ast::Instruction& instruction);

  const std::string& directory() const noexcept { return directory_; }

  /// What `trap` has for the end comes last.
  std::vector<ScriptCommand> commands_of(const ast::Run& run) const;

 private:
  const StageView& view_;
  std::string directory_;
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace cbuild::frontend
