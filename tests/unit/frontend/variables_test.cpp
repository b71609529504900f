#include "frontend/dockerfile/variables.h"

#include <doctest/doctest.h>

#include "cbuild/graph/environment.h"

namespace cbuild::frontend {

TEST_CASE("a variable set again keeps its place, in every block") {
  Variables variables;
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    variables.set("K" + std::to_string(i), "old");
    expected.push_back("K" + std::to_string(i) + "=old");
  }
  const graph::Environment before = variables.environment();
  CHECK(before.entries() == expected);

  variables.set("K0", "new");
  variables.set("K199", "");
  variables.set("K200", "more");
  std::vector<std::string> changed = expected;
  changed[0] = "K0=new";
  changed[199] = "K199=";
  changed.emplace_back("K200=more");
  CHECK(variables.environment().entries() == changed);
  CHECK(variables.environment().key() == graph::Environment(changed).key());
  CHECK(before.entries() == expected);
  CHECK(variables.find("K199") == "");
  CHECK_FALSE(variables.find("K201"));
}

}  // namespace cbuild::frontend
