// The instructions and words of a Dockerfile as data: for `cbuild debug`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace cbuild::frontend
