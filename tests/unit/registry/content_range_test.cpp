// Content-Range.
#include "src/registry/content_range.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild::registry {

TEST_CASE("parse_content_range takes exact ranges of bytes only") {
  CHECK(parse_content_range("bytes 5-9/10") == ContentRange{5, 9, 10});
  CHECK(parse_content_range(" Bytes 0-0/*") == ContentRange{0, 0, std::nullopt});
  for (const std::string text :
       {"", "bytes", "bytes 5-9", "bytes */10", "bytes 9-5/10", "bytes 5-10/10", "bytes -5-9/10",
        "items 5-9/10", "bytes 5-9/", "bytes 5-9/x", "bytes=5-9/10", "bytes 5-/10",
        "bytes 99999999999999999999-99999999999999999999/*", "bytes 5/9-10"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_content_range(text));
  }
}

}  // namespace cbuild::registry
