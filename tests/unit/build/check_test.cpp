// A Dockerfile that is read and not built.
#include "cbuild/build/check.h"

#include <doctest/doctest.h>

#include "cbuild/build/build_failed.h"
#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/outline.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

TEST_CASE("a check finds what the rules say, and knows no image but those of the store") {
  const auto result = check(request_for("FROM nowhere.example/x\nENV a b\n"), nullptr);
  CHECK_FALSE(result.error);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].rule == "LegacyKeyValueFormat");
  CHECK(result.findings[0].range.line == 2);
}

TEST_CASE("a check asks the context what is ignored") {
  layer::Tree tree;
  tree.file("here", "1");
  Request request = request_for("FROM scratch\nCOPY here ignored /\n");
  request.context_directory = tree.at("");
  request.ignore_file = "ignored\n";
  const auto result = check(request, nullptr);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].rule == "CopyIgnoredFile");
  CHECK(holds(result.findings[0].message, "\"ignored\""));
}

TEST_CASE("a check of a file that cannot be built says why") {
  const auto result = check(request_for("FROM scratch\nCOPPY a b\n"), nullptr);
  REQUIRE(result.error);
  CHECK(result.error->range().line == 2);
}

TEST_CASE("a check with an ignore file that is none throws its lines") {
  Request request = request_for("FROM scratch\n");
  request.ignore_file = "[\n";
  CHECK_THROWS_AS(check(request, nullptr), BuildFailed);
}

TEST_CASE("an outline is of the target, with the build arguments that are given") {
  Request request = request_for(
      "FROM scratch AS one\nARG a=1\nARG b\nRUN --mount=type=secret,id=key,required=true [\"x\"]\n"
      "FROM scratch AS two\n");
  request.target = "one";
  request.build_args["b"] = "given";
  const frontend::Outline outline = build::outline(request);
  CHECK(outline.name == "one");
  REQUIRE(outline.arguments.size() == 2);
  CHECK(outline.arguments[0].value == "1");
  CHECK(outline.arguments[1].value == "given");
  REQUIRE(outline.secrets.size() == 1);
  CHECK(outline.secrets[0].required);
  request.target = "three";
  CHECK_THROWS_AS(build::outline(request), Error);
}

TEST_CASE("targets are the stages, the last the default") {
  const auto targets = build::targets(request_for("FROM a AS one\nFROM scratch\n"));
  REQUIRE(targets.size() == 2);
  CHECK(targets[0].name == "one");
  CHECK(targets[0].base == "a");
  CHECK_FALSE(targets[0].is_default);
  CHECK(targets[1].is_default);
}

TEST_CASE("lines that are wrong are told by outline and targets as by a build") {
  const Request wrong = request_for("FROM scratch\nCOPPY a b\n");
  for (const bool all : {false, true}) {
    CAPTURE(all);
    try {
      if (all) {
        build::targets(wrong);
      } else {
        build::outline(wrong);
      }
      FAIL("it was read");
    } catch (const BuildFailed& error) {
      CHECK(error.faults()[0].range.line == 2);
      CHECK(holds(error.excerpt(), "Dockerfile:2"));
    }
  }
}

}  // namespace cbuild::build
