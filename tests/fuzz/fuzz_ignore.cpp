// Parts: an ignore file, then paths.
#include "cbuild/util/error.h"
#include "cbuild/util/pattern.h"
#include "tests/fuzz/parts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbuild;
  const std::vector<std::string> parts = fuzz::parts_of(data, size);
  try {
    const IgnorePatterns patterns = IgnorePatterns::parse_file(parts[0]);
    patterns.canonical();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      patterns.excludes(parts[i]);
      patterns.may_reinclude_below(parts[i]);
    }
    if (parts.size() > 1) match_path(parts[0], parts[1]);
  } catch (const Error&) {
  }
  return 0;
}
