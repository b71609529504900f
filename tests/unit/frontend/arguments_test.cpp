#include "frontend/dockerfile/arguments.h"

#include <doctest/doctest.h>

namespace cbuild::frontend {

TEST_CASE("arguments are told in order of declaration, with the values of now") {
  Arguments arguments;
  CHECK(arguments.text().empty());
  arguments.declare("A", "1");
  arguments.declare("B", "two words");
  CHECK(arguments.text() == "|2 A=1 B=two words ");
  arguments.declare("A", "3");
  CHECK(arguments.text() == "|2 A=3 B=two words ");
  arguments.set("B", "");
  arguments.set("C", "no argument");
  CHECK(arguments.text() == "|2 A=3 B= ");
  CHECK(arguments.contains("A"));
  CHECK_FALSE(arguments.contains("C"));
}

}  // namespace cbuild::frontend
