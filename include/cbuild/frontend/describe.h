// What was understood of a Dockerfile, as data and text: for `cbuild debug` and for recorded
// results.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/frontend/dockerfile.h"
#include "cbuild/graph/op.h"

namespace cbuild::frontend {

struct DescribedHeredoc {
  std::string name;
  std::string content;
  bool expand = true;       ///< variables count in it: the name was not quoted
  bool strip_tabs = false;  ///< `<<-`
};

/// One instruction as it stands in the file, nothing expanded.
struct DescribedInstruction {
  enum class Form {
    words,  ///< it holds no command
    shell,  ///< `arguments` holds the text
    exec,   ///< a JSON array
  };

  std::string keyword;             ///< in upper case
  std::vector<std::string> flags;  ///< "--from=build", without quotes
  Form form = Form::words;
  std::vector<std::string> arguments;
  std::vector<DescribedHeredoc> heredocs;
  std::string original;  ///< as written, continuations joined, without heredoc bodies
  int first_line = 0;
  int last_line = 0;
};

/// @throws DockerfileError
std::vector<DescribedInstruction> describe(std::string_view dockerfile);

/// Expands one word as the instructions do. @throws DockerfileError
std::string expand(const std::string& word,
                   const std::map<std::string, std::string>& variables,
                   char escape);

/// The same where several words may come out (EXPOSE).
std::vector<std::string> expand_to_words(const std::string& word,
                                         const std::map<std::string, std::string>& variables,
                                         char escape);

/// A member of an op that differs from its default.
struct Field {
  std::string name;
  std::string value;  ///< empty for what is just so: "no network"
};

/// "exec", "copy" and so on.
std::string_view name_of(const graph::Op& op);
/// A name may come several times.
std::vector<Field> fields_of(const graph::Op& op);

/// The graph, the config and the history. Fields with their default value are left out, and so are
/// the digests of vertices: how they are hashed is no business of a recorded result.
std::string to_text(const Lowered& lowered);

}  // namespace cbuild::frontend
