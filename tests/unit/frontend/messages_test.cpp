// Words in messages.
#include "frontend/dockerfile/messages.h"

#include <doctest/doctest.h>

namespace cbuild::frontend {

TEST_CASE("names in messages are quoted, and fit for a terminal") {
  constexpr std::string_view kNames[] = {"target", "source"};
  CHECK(quoted("a b") == "\"a b\"");
  CHECK(quoted("a\n\x1b") == "\"a\\x0a\\x1b\"");
  CHECK(suggestion("taget", kNames) == " (did you mean target?)");
  CHECK(suggestion("elephant", kNames) == "");
  CHECK(suggestion("", kNames) == "");
  CHECK(suggestion("taget", {}) == "");
}

}  // namespace cbuild::frontend
