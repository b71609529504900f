// Which frontends a file may ask for.
#include "frontend/dockerfile/syntax.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "frontend/dockerfile/lines.h"

namespace cbuild::frontend {

namespace {

/// The frontend that is warned of, of a file with this first line; "" = none.
std::string warned_of(const std::string& line, const std::string& build_arg = "") {
  const std::string text = line + "\nFROM a\n";
  Options options;
  if (!build_arg.empty()) options.build_args["BUILDKIT_SYNTAX"] = build_arg;
  const auto warning = check_syntax(LineReader(text).directives(), options);
  if (!warning) return "";
  CHECK(warning->rule == "UnknownSyntax");
  CHECK(warning->severity == Severity::warning);
  CHECK(warning->range.line == 1);
  constexpr std::string_view kBefore = "cbuild does not run the frontend ";
  constexpr std::string_view kAfter = ": it reads the file as a Dockerfile";
  REQUIRE(warning->message.starts_with(kBefore));
  REQUIRE(warning->message.ends_with(kAfter));
  return warning->message.substr(kBefore.size(),
                                 warning->message.size() - kBefore.size() - kAfter.size());
}

}  // namespace

TEST_CASE("docker's frontends are taken silently, whatever their version") {
  for (const char* name : {"docker/dockerfile", "docker/dockerfile:1", "docker/dockerfile:1.7-labs",
                           "docker.io/docker/dockerfile:1", "docker/dockerfile-upstream:master",
                           "docker/dockerfile-master", "docker/dockerfile@sha256:00",
                           "docker/dockerfile:1@sha256:00", "docker/dockerfile:1 with words"}) {
    CAPTURE(name);
    CHECK(warned_of(std::string("# syntax=") + name) == "");
  }
  CHECK(warned_of("# a comment") == "");
}

TEST_CASE("other frontends are warned of") {
  struct Row {
    std::string line;
    std::string frontend;
  };

  const Row rows[] = {
      {"# syntax=somebody/else", "somebody/else"},
      {"# syntax=somebody/else:1 -x", "somebody/else:1"},
      {"# syntax=docker/dockerfile2", "docker/dockerfile2"},
      {"# syntax=example.com/docker/dockerfile", "example.com/docker/dockerfile"},
      {"# syntax=Docker/dockerfile", "Docker/dockerfile"},
      {"# syntax=a\x1b[2J", "a\\x1b[2J"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(warned_of(row.line) == row.frontend);
  }
}

TEST_CASE("the build argument overrides the directive, unless it is empty") {
  CHECK(warned_of("# syntax=somebody/else", "docker/dockerfile:1") == "");
  CHECK(warned_of("# syntax=docker/dockerfile:1", "somebody/else") == "somebody/else");
  CHECK(warned_of("# no directive", "somebody/else") == "somebody/else");
  Options options;
  options.build_args["BUILDKIT_SYNTAX"] = "";
  CHECK(check_syntax(LineReader("# syntax=somebody/else\n").directives(), options));
}

TEST_CASE("what is no Dockerfile names its frontend in a line or in JSON") {
  struct Row {
    std::string text;
    std::optional<std::string> frontend;
  };

  const Row rows[] = {
      {"", std::nullopt},
      {"FROM a", std::nullopt},
      {"# syntax=somebody/else\nFROM a", std::nullopt},  // a directive: of a Dockerfile
      {"//syntax=somebody/else\n{}", "somebody/else"},
      {"// Syntax = somebody/else and words\n", "somebody/else"},
      {"//syntax=somebody/else", "somebody/else"},
      {"// other\n//syntax=somebody/else\n", "somebody/else"},
      {"\n//syntax=somebody/else\n", std::nullopt},
      {"\xEF\xBB\xBF//syntax=somebody/else\n", "somebody/else"},
      {"#!/usr/bin/x\n//syntax=somebody/else\n", "somebody/else"},
      {"#!/usr/bin/x", std::nullopt},
      {"#!", std::nullopt},
      {"//syntaxes=a\n", std::nullopt},
      {"//syntax a\n", std::nullopt},
      {"//", std::nullopt},
      {"//syntax=docker/dockerfile:1\nFROM a\n", std::nullopt},
      {R"({"syntax": "somebody/else", "x": 1})", "somebody/else"},
      {"  {\n\"syntax\"\n:\n\"somebody/else\"}", "somebody/else"},
      {R"({"x": 1})", std::nullopt},
      {R"({"syntax": 1})", std::nullopt},
      {R"({"syntax")", std::nullopt},
      {R"({"syntax": "a)", "a"},
      {R"({"syntax": "docker/dockerfile"})", std::nullopt},
      {R"(["syntax": "somebody/else"])", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(foreign_frontend(row.text) == row.frontend);
  }
}

}  // namespace cbuild::frontend
