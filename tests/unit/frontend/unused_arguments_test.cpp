// Build arguments that no ARG declares.
#include "frontend/dockerfile/unused_arguments.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/parse.h"
#include "frontend/dockerfile/variables.h"

namespace cbuild::frontend {

namespace {

using Names = std::vector<std::string>;

/// Those of `given` that are unused in `text`.
Names unused(const std::string& text, const Names& given, const Names& consumed = {}) {
  Options options;
  for (const std::string& name : given)
    options.build_args[name] = "value";
  Variables globals;
  globals.set("TARGETOS", "linux");
  return unused_arguments(parse(text), options, globals, consumed);
}

}  // namespace

TEST_CASE("a build argument is used when any stage declares it, in a trigger too") {
  struct Row {
    std::string text;
    Names unused;
  };

  const Row rows[] = {
      {"FROM a", {"A", "B"}},
      {"FROM a\nARG A", {"B"}},
      {"FROM a\nARG A=1 B", {}},
      {"FROM a\nFROM b\nARG B", {"A"}},
      {"FROM a\nONBUILD ARG A", {"B"}},
      {"ARG A\nFROM a", {"B"}},
      {"FROM a\nARG a", {"A", "B"}},  // names have a case
      {"FROM a\nENV A=1\nRUN echo $A", {"A", "B"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(unused(row.text, {"A", "B"}) == row.unused);
  }
}

TEST_CASE("what triggers of a base image declare is used") {
  CHECK(unused("FROM a", {"A", "B"}, {"B"}) == Names{"A"});
}

TEST_CASE("predefined arguments, proxies and those of BuildKit need no ARG") {
  CHECK(unused("FROM a", {"TARGETOS", "http_proxy", "HTTPS_PROXY", "Ftp_Proxy", "NO_PROXY",
                          "ALL_PROXY", "SOURCE_DATE_EPOCH", "BUILDKIT_ANYTHING", "buildkit_x"})
            .empty());
  const Names others{"BUILDKIT", "HTTP_PROXY_", "MY_NO_PROXY", "targetos"};
  CHECK(unused("FROM a", others) == others);
}

}  // namespace cbuild::frontend
