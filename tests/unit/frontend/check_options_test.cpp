// The options of --check, in the directive, the build argument, and above instructions.
#include "frontend/dockerfile/lint/check_options.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "cbuild/frontend/rules.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/ast.h"
#include "frontend/dockerfile/lint/paths.h"
#include "frontend/dockerfile/parse.h"
#include "tests/support/errors.h"

namespace cbuild::frontend {

namespace {

std::string text_of(const CheckOptions& options) {
  const auto names = [](const std::set<std::string, std::less<>>& set) {
    return join(std::vector<std::string>(set.begin(), set.end()), ",");
  };
  return (options.skip_all ? "skip-all " : "") + names(options.skip) + "|" +
         (options.experimental_all ? "all " : "") + names(options.experimental) +
         (options.error ? "|error" : "|");
}

/// The options in force in a file with these comments above the FROM.
std::string above(const std::string& comments) {
  const Ast ast = parse("\n" + comments + "FROM a\n");
  return text_of(check_options_above(ast::info_of(ast.instructions[0])));
}

}  // namespace

TEST_CASE("check options are keys with values, parted by semicolons") {
  struct Row {
    std::string text;
    std::string options;  ///< skip|experimental|error
  };

  const Row rows[] = {
      {"", "||"},
      {"skip=A", "A||"},
      {"skip=A,B", "A,B||"},
      {" skip = B , A ,, ; error = True ; ", "A,B||error"},
      {"skip=all", "skip-all all||"},
      {"skip=ALL", "ALL||"},
      {"skip=", "||"},
      {"experimental=A;skip=B", "B|A|"},
      {"experimental=all", "|all all|"},
      {"error=1", "||error"},
      {"error=t;error=0", "||"},
      {"skip=A;skip=B", "B||"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(text_of(parse_check_options(row.text)) == row.options);
  }
}

TEST_CASE("check options that are none are named") {
  const std::string want = " (want skip=RULES, error=true or experimental=RULES)";

  struct Row {
    std::string text;
    std::string error;
  };

  const Row rows[] = {
      {"skip", "invalid check option \"skip\"" + want},
      {"Skip=A", "invalid check option \"Skip=A\"" + want},
      {"skip=A; ship=B", "invalid check option \"ship=B\"" + want},
      {"=A", "invalid check option \"=A\"" + want},
      {"a\x1b=1", "invalid check option \"a\\x1b=1\"" + want},
      {"error=yes", "failed to parse check option \"error=yes\" (want error=true or false)"},
      {"error=", "failed to parse check option \"error=\" (want error=true or false)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of([&] { parse_check_options(row.text); }) == row.error);
  }
}

TEST_CASE("a rule is wanted unless it is skipped, an experimental one when asked for") {
  const Rule rule{"A", "summary"};
  const Rule experimental{"E", "summary", true};

  struct Row {
    std::string options;
    bool rule, experimental;
  };

  const Row rows[] = {
      {"", true, false},
      {"skip=A", false, false},
      {"skip=all", false, false},
      {"experimental=E", true, true},
      {"experimental=all", true, true},
      {"experimental=A", true, false},
      {"experimental=all;skip=E", true, false},
      {"experimental=E;skip=all", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    const CheckOptions options = parse_check_options(row.options);
    CHECK(options.wants(rule) == row.rule);
    CHECK(options.wants(experimental) == row.experimental);
  }
}

TEST_CASE("comments above an instruction silence rules for it; others are comments") {
  struct Row {
    std::string comments;
    std::string options;
  };

  const Row rows[] = {
      {"", "||"},
      {"# check=skip=A\n", "A||"},
      {"# Check = skip = A,B\n", "A,B||"},
      {"# check=skip=A\n# check=skip=B\n", "A,B||"},
      {"# check=skip=all\n# check=skip=B\n", "skip-all B,all||"},
      {"# check=skip=A # for a reason\n", "A||"},
      {"# check=skip=A and why\n", "A||"},
      {"# check=skip=A , B\n", "A,B||"},
      {"# check=error=true\n", "||"},  // of the whole file only
      {"# check=experimental=A\n", "||"},
      {"# check the size = of it\n", "||"},
      {"# check=ship=A\n", "||"},
      {"# check\n", "||"},
      {"# skip=A\n", "||"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.comments);
    CHECK(above(row.comments) == row.options);
  }
}

TEST_CASE("the build argument stands for the directive, and each error is told at its place") {
  const Ast ast = parse("# check=skip=A and why\nFROM a\n");
  Options options;
  CHECK(text_of(check_options_of(ast, options)) == "A||");
  CHECK(text_of(check_options_of(parse("FROM a\n"), options)) == "||");
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "";
  CHECK(text_of(check_options_of(ast, options)) == "||");
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "error=true";
  CHECK(text_of(check_options_of(ast, options)) == "||error");
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "x";
  CHECK(error_of([&] {
          check_options_of(ast, options);
        }).starts_with("--build-arg BUILDKIT_DOCKERFILE_CHECK: invalid check option \"x\""));
  try {
    check_options_of(parse("# syntax=a\n# check=x\nFROM a\n"), {});
    FAIL("accepted");
  } catch (const DockerfileError& error) {
    CHECK(error.range().line == 2);
    CHECK(error.range().column == 9);
    CHECK(error.range().end_column == 10);
  }
}

TEST_CASE("paths of rules are absolute and clean") {
  CHECK(absolute_path("/w", "a/../b/./c//") == "/w/b/c");
  CHECK(absolute_path("/w", "/a/") == "/a");
  CHECK(absolute_path("/w", "") == "/w");
  CHECK(absolute_path("/w", "../../..") == "/");
  CHECK(is_within("/a/b", "/a"));
  CHECK(is_within("/a", "/a"));
  CHECK(is_within("/a", "/"));
  CHECK_FALSE(is_within("/ab", "/a"));
  CHECK_FALSE(is_within("/a", "/a/b"));
  CHECK(takes_in("/a*", "/ab/c"));
  CHECK(takes_in("/a/?", "/a/b/c/d"));
  CHECK_FALSE(takes_in("/a/?", "/a"));
  CHECK_FALSE(takes_in("/a/*/c", "/a/b"));
  CHECK(matches_glob("[", "x"));  // cannot be read: it may be meant
  CHECK(parent_of("/a/b") == "/a");
  CHECK(parent_of("/a") == "/");
  CHECK(parent_of("/") == "/");
  CHECK(last_part("/a/b") == "b");
  CHECK(last_part("/") == "");
}

}  // namespace cbuild::frontend
