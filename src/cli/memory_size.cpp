// Sizes of memory; see memory_size.h.
#include "src/cli/memory_size.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/human.h"

namespace cbuild::cli {

std::uint64_t parse_memory(std::string_view flag, const std::string& text) {
  const auto unit = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string size = text.substr(0, unit);
  std::string letters = to_upper(text.substr(unit));
  if (letters.ends_with('B')) letters.pop_back();
  if (letters.ends_with('I')) letters.pop_back();
  if (!letters.empty()) size += letters + "iB";
  try {
    return parse_size(size);
  } catch (const Error&) {
    throw Error(ErrorKind::usage, "{} '{}': want a size such as 64m or 1g", flag, printable(text));
  }
}

}  // namespace cbuild::cli
