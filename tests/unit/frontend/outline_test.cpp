// What --call=outline and --call=targets tell.
#include "cbuild/frontend/outline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "tests/unit/frontend/lint_support.h"

using namespace cbuild;
using namespace cbuild::test::lint;
using cbuild::test::FakeResolver;

TEST_CASE("a target's outline has its arguments, secrets, agents and caches") {
  const std::string text =
      "# VERSION which release\nARG VERSION=1\n"
      "FROM a AS unused\nARG NOT_THERE=1\n"
      "# app the application\nFROM a:$VERSION AS app\n"
      "ARG VERSION\n# FLAVOUR what it tastes of\nARG FLAVOUR=v$VERSION EMPTY\n"
      "RUN --mount=type=secret,id=key,required --mount=type=secret,target=/etc/token "
      "--mount=type=ssh --mount=type=cache,target=/c --mount=type=cache,id=go,target=/go x\n";
  Options options = options_for_test();
  const Outline result = outline(text, options);
  CHECK(result.name == "app");
  CHECK(result.description == "the application");
  REQUIRE(result.arguments.size() == 3);
  CHECK(result.arguments[0].name == "VERSION");
  CHECK(result.arguments[0].description == "which release");
  CHECK(result.arguments[0].value == "1");
  CHECK(result.arguments[1].value == "v1");
  CHECK(result.arguments[1].description == "what it tastes of");
  CHECK_FALSE(result.arguments[2].value);
  REQUIRE(result.secrets.size() == 2);
  CHECK(result.secrets[0].id == "key");
  CHECK(result.secrets[0].required);
  CHECK(result.secrets[1].id == "token");
  CHECK_FALSE(result.secrets[1].required);
  REQUIRE(result.ssh.size() == 1);
  CHECK(result.ssh[0].id == "default");
  REQUIRE(result.caches.size() == 2);
  CHECK(result.caches[0].id == "/c");
  CHECK(result.caches[1].id == "go");

  options.build_args["VERSION"] = "2";
  CHECK(outline(text, options).arguments[1].value == "v2");
  options.target = "unused";
  CHECK(outline(text, options).arguments.back().name == "NOT_THERE");
}

TEST_CASE("an outline holds the global arguments that are used") {
  const std::string text =
      "ARG BASE=a UNUSED=$BASE\nARG IMAGE=$BASE OS=linux\nARG ARCH=arm64\nARG SEEN=1\n"
      "FROM b:$UNUSED AS other\nFROM --platform=$OS/$ARCH $IMAGE AS app\nARG SEEN\n"
      "RUN --mount=type=secret,source=old x\n";
  const Outline result = outline(text, options_for_test());
  std::string names;
  for (const Outline::Argument& argument : result.arguments)
    names += argument.name + " ";
  CHECK(names == "BASE IMAGE OS ARCH SEEN ");
  REQUIRE(result.secrets.size() == 1);
  CHECK(result.secrets[0].id == "old");
}

TEST_CASE("targets are the stages") {
  const std::string text =
      "# base all share it\nFROM debian:12 AS base\nFROM base\nFROM --platform=linux/arm64 base AS "
      "arm64\nFROM base\n";
  const std::vector<TargetInfo> all = targets(text, options_for_test());
  REQUIRE(all.size() == 4);
  CHECK(all[0].name == "base");
  CHECK(all[0].description == "all share it");
  CHECK(all[0].base == "debian:12");
  CHECK_FALSE(all[0].is_default);
  CHECK(all[1].name.empty());
  CHECK_FALSE(all[1].is_default);
  CHECK(all[2].platform == "linux/arm64");
  CHECK(all[3].name.empty());
  CHECK(all[3].is_default);
}
