// The parts that the instructions of a Dockerfile are made of, each with its source range.
#pragma once

#include <string>
#include <vector>

#include "cbuild/graph/source_range.h"

namespace cbuild::frontend::ast {

/// A piece of the Dockerfile as it stands there: quotes, escapes and variables unprocessed,
/// continuations joined. Only the values of flags have lost their quotes and escapes, as in
/// BuildKit, and are expanded nevertheless.
struct Word {
  std::string text;
  graph::SourceRange range;
};

struct KeyValue {
  Word key;
  Word value;
};

/// A here-document: `<<NAME`, `<<-NAME`, `<<"NAME"`.
struct Heredoc {
  std::string name;          ///< without quotes
  std::string content;       ///< every line with its end; tabs are stripped already for `<<-`
  bool expand = true;        ///< NAME was not quoted
  bool strip_tabs = false;   ///< `<<-`
  int descriptor = 0;        ///< the number before `<<`; 0 when there is none
  std::string tabbed;        ///< of `<<-`: the content with its tabs
  graph::SourceRange range;  ///< the body with its terminator

  /// The body as it stands in the file.
  const std::string& verbatim() const { return strip_tabs ? tabbed : content; }
};

/// The members of every instruction.
struct Info {
  graph::SourceRange range;  ///< the whole instruction, with continuations and heredoc bodies
  std::string keyword;       ///< as written: "RUN", "run"
  /// The whole instruction with continuations joined, without outer blanks and heredoc bodies.
  std::string original;
  /// The comments in the lines right above, without "#" and outer blanks: for `check=skip=` and
  /// descriptions.
  std::vector<Word> comments;
};

/// The command of RUN, CMD, ENTRYPOINT and HEALTHCHECK: exec form or shell form.
struct Command {
  bool exec = false;              ///< it is a JSON array of strings
  std::vector<std::string> argv;  ///< exec form
  std::string text;               ///< shell form
  graph::SourceRange range;
};

}  // namespace cbuild::frontend::ast
