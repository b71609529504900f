// Dockerfile text to Ast: syntax, flags and everything that can be checked without expansion.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cbuild/graph/op.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/faults.h"

namespace cbuild::frontend {

/// Reads a whole Dockerfile. Instructions are checked one by one; whether a FROM comes first is for
/// the stages to say. @throws DockerfileError for an empty file, a file without instructions and
/// everything ill-formed.
Ast parse(std::string_view text);

/// The same, but what is wrong is added to `faults`, and the instruction left out.
Ast parse(std::string_view text, Faults& faults);

/// Reads one instruction, heredoc bodies included: the trigger of an ONBUILD. Its ranges count from
/// its own first line; escape is always '\'. @throws DockerfileError
ast::Instruction parse_instruction(std::string_view text);

/// Gives the value of a word in which variables may stand.
using WordExpander = std::function<std::string(const ast::Word&)>;

/// The mount with its variables expanded, its defaults filled in and its values checked. `input` is
/// -1, `target` may still be relative, and where `from` points is for the caller.
/// @throws DockerfileError at the option that is wrong
graph::ExecMount evaluate_mount(const ast::RunMount& mount, const WordExpander& expand);

}  // namespace cbuild::frontend
