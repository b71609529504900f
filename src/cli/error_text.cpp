// Formats errors for the terminal; see error_text.h.
#include "src/cli/error_text.h"

#include <fmt/core.h>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/progress_text.h"

namespace cbuild::cli {

std::string error_text(const Error& error, std::string_view excerpt, bool color) {
  std::string text;
  if (!excerpt.empty()) text += printable_lines(excerpt);
  text += fmt::format("{} {}\n",
                      color ? "\x1b[1;31mcbuild:\x1b[0m" : "cbuild:", printable(error.what()));
  if (!error.hint().empty()) text += fmt::format("hint: {}\n", printable(error.hint()));
  return text;
}

}  // namespace cbuild::cli
