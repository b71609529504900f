// The simple commands of a RUN, as far as they can be found without a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::frontend {

namespace ast {
struct Run;
}

/// A command and its arguments, quotes and escapes taken off.
using ShellCommand = std::vector<std::string>;

/// A command after expansion; see run_script.h.
struct ScriptCommand {
  ShellCommand words;     ///< never empty; a '$' that is left is of a variable that is not known
  std::string directory;  ///< where it runs, absolute; empty = not known
};

/// Cuts a script at && || ; | & ( ) and line ends. Comments, assignments before a command, reserved
/// words and sudo, exec, env and the like in front of it are left out; redirections are words. "("
/// and ")" are commands of their own, assignments alone are those of "export".
std::vector<ShellCommand> shell_commands(std::string_view script);

/// Those of RUN, in order: of its shell form, of the script of `sh -c`, of here-documents that a
/// shell reads; an exec form is one command.
std::vector<ShellCommand> commands_of(const ast::Run& run);

/// Name of the program without its directory. @pre the command is not empty
std::string_view program_of(const ShellCommand& command);

/// The first argument that is no option: "install" of "apt-get -y install"; empty = none.
std::string_view verb_of(const ShellCommand& command);

bool has_word(const ShellCommand& command, std::string_view word);

}  // namespace cbuild::frontend
