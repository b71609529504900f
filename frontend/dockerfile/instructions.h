// The parse functions of the instructions, for the table in parse.cpp.
#pragma once

#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/statement.h"

namespace cbuild::frontend {

/// Makes an instruction of a statement whose flags are known to be allowed. Its heredocs have been
/// read. @throws DockerfileError
using ParseFunction = ast::Instruction (*)(const Statement& statement,
                                           const Flags& flags,
                                           ast::Info info);

// parse_metadata.cpp
ast::Instruction parse_from(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_env(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_label(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_arg(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_workdir(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_user(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_expose(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_volume(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_stopsignal(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_maintainer(const Statement& statement, const Flags& flags, ast::Info info);

// parse_command.cpp
ast::Instruction parse_cmd(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_entrypoint(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_shell(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_healthcheck(const Statement& statement, const Flags& flags, ast::Info info);

// parse_run.cpp, parse_copy.cpp
ast::Instruction parse_run(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_copy(const Statement& statement, const Flags& flags, ast::Info info);
ast::Instruction parse_add(const Statement& statement, const Flags& flags, ast::Info info);

/// text[begin, end) of the statement's line as a command. @throws DockerfileError for an array that
/// holds something else than strings
ast::Command parse_command(const Statement& statement, std::size_t begin, std::size_t end);

/// The arguments as words: a JSON array, or cut at blanks. @throws as parse_command
std::vector<ast::Word> json_or_blank_separated(const Statement& statement);

/// The value of one --mount. @throws DockerfileError
ast::RunMount parse_mount(const LogicalLine& line, const UnquotedWord& value, char escape);

}  // namespace cbuild::frontend
