// The --mount flag of RUN.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cbuild/graph/exec_mount.h"
#include "frontend/dockerfile/ast_parts.h"

namespace cbuild::frontend {

class LogicalLine;
struct UnquotedWord;

namespace ast {

struct Words;

/// One --mount of RUN. Values are as written; evaluate_mount() makes a graph::ExecMount
/// of them once variables are known. Values without a variable are checked by parse_mount().
struct RunMount {
  void collect(Words& words) const;

  graph::ExecMount::Type type = graph::ExecMount::Type::bind;
  std::optional<Word> type_word;  ///< set when variables say what the type is: `type` counts not
  Word text;                      ///< all of it, for messages
  std::optional<Word> from;       ///< never a variable
  std::optional<Word> source;
  std::optional<Word> target;
  std::optional<Word> id;
  std::optional<Word> sharing;
  std::optional<Word> mode;
  std::optional<Word> uid;
  std::optional<Word> gid;
  std::optional<Word> size;
  std::optional<Word> env;
  std::optional<Word> required;    ///< "true" when it stands without a value
  std::optional<Word> read_only;   ///< ro, readonly: the same
  std::optional<Word> read_write;  ///< rw, readwrite: the same
};

}  // namespace ast

/// The value of one --mount. @throws DockerfileError
ast::RunMount parse_mount(const LogicalLine& line, const UnquotedWord& value, char escape);

/// Gives the value of a word in which variables may stand.
using WordExpander = std::function<std::string(const ast::Word&)>;

/// The mount with its variables expanded, its defaults filled in and its values checked. `input` is
/// -1, `target` may still be relative, and the caller resolves `from`.
/// @throws DockerfileError at the option that is wrong
graph::ExecMount evaluate_mount(const ast::RunMount& mount, const WordExpander& expand);

}  // namespace cbuild::frontend
