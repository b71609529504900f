// Refuses an unknown word of a flag; see refuse_word.h.
#include "src/cli/refuse_word.h"

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

void refuse_word(std::string_view flag,
                 std::string_view text,
                 std::string_view word,
                 const std::vector<std::string>& known) {
  const auto suggestion = nearest(word, known);
  throw Error(ErrorKind::usage, "{} '{}': '{}' is not known{} (want {})", flag, printable(text),
              printable(word), suggestion ? fmt::format(", did you mean {}?", *suggestion) : "",
              join(known, ", "));
}

}  // namespace cbuild::cli
