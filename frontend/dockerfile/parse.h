// Parses Dockerfile text to an Ast; checks syntax, flags and all that needs no expansion.
#pragma once

#include <string_view>

namespace cbuild::frontend {

class Faults;
struct Ast;

namespace ast {
struct Instruction;
}

/// Reads a whole Dockerfile. Instructions are checked one by one; whether a FROM comes first is for
/// the stages to say. @throws DockerfileError for an empty file, a file without instructions and
/// everything ill-formed.
Ast parse(std::string_view text);

/// The same, but adds errors to `faults` and leaves out the instructions that have them.
Ast parse(std::string_view text, Faults& faults);

/// Reads one instruction with its heredoc bodies: the trigger of an ONBUILD. Its ranges count from
/// its own first line; escape is always '\'. @throws DockerfileError
ast::Instruction parse_instruction(std::string_view text);

}  // namespace cbuild::frontend
