// Tests: which command a command line means.
#include "src/cli/dispatch.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

namespace cbuild::cli {
namespace {

Dispatch find(const std::vector<std::string>& words) {
  return dispatch(words, [](const std::string& path) { return path == "dir" || path == "."; });
}

TEST_CASE("the first word that is no global option names the command, or means build") {
  struct Row {
    std::vector<std::string> words;
    std::string command;
    std::vector<std::string> rest;
  };

  const Row rows[] = {
      {{"images"}, "images", {}},
      {{"images", "-q"}, "images", {"-q"}},
      {{"-q", "images"}, "images", {"-q"}},
      {{"--root", "/x", "images", "a"}, "images", {"--root", "/x", "a"}},
      {{"--root=/x", "--color=never", "tag", "a", "b"},
       "tag",
       {"--root=/x", "--color=never", "a", "b"}},
      {{"build", "."}, "build", {"."}},
      {{"-t", "images", "."}, "build", {"-t", "images", "."}},
      {{"."}, "build", {"."}},
      {{"dir"}, "build", {"dir"}},
      {{"-"}, "build", {"-"}},
      {{"-q", "-t", "x", "."}, "build", {"-q", "-t", "x", "."}},
      {{"https://example.org/x.git"}, "build", {"https://example.org/x.git"}},
      {{"images", "--help"}, "images", {"--help"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words.front());
    const Dispatch found = find(row.words);
    REQUIRE(found.entry != nullptr);
    CHECK(found.entry->name == row.command);
    CHECK(found.words == row.rest);
  }
}

TEST_CASE("help and version are answered without a command") {
  CHECK(find({}).kind == Dispatch::Kind::overview);
  CHECK(find({"--help"}).kind == Dispatch::Kind::overview);
  CHECK(find({"--root", "/x", "-h"}).kind == Dispatch::Kind::overview);
  CHECK(find({"--version"}).kind == Dispatch::Kind::version);
}

TEST_CASE("an unknown command is refused with the nearest one") {
  CHECK_THROWS_WITH_AS(find({"imagse"}), "unknown command 'imagse' (did you mean images?)", Error);
  CHECK_THROWS_WITH_AS(find({"\x1b[31m"}), "unknown command '\\x1b[31m'", Error);
}

}  // namespace
}  // namespace cbuild::cli
