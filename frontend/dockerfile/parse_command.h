// Arguments that are a command, or a list in JSON.
#pragma once

#include <cstddef>
#include <vector>

namespace cbuild::frontend::ast {
struct Command;
struct Word;
}  // namespace cbuild::frontend::ast

namespace cbuild::frontend {

struct Statement;

/// text[begin, end) of the statement's line as a command. @throws DockerfileError for an array that
/// holds something else than strings
ast::Command parse_command(const Statement& statement, std::size_t begin, std::size_t end);

/// The arguments as words: a JSON array, or cut at blanks. @throws as parse_command
std::vector<ast::Word> json_or_blank_separated(const Statement& statement);

}  // namespace cbuild::frontend
