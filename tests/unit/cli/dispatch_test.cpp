// Tests: which command a command line means.
#include "src/cli/dispatch.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "cbuild/util/error.h"
#include "src/cli/command.h"
#include "src/cli/foreign_commands.h"
#include "src/cli/help.h"

namespace cbuild::cli {
namespace {

Dispatch find(const std::vector<std::string>& words) {
  return dispatch(words, [](const std::string& path) {
    return path == "dir" || path == "." || find_foreign_command(path) != nullptr;
  });
}

std::string hint_of(const std::vector<std::string>& words) {
  try {
    find(words);
  } catch (const Error& error) {
    return error.hint();
  }
  return "";
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
      {{"./run"}, "build", {"./run"}},
      {{"compose/"}, "build", {"compose/"}},
      {{"build", "run"}, "build", {"run"}},
      {{"-t", "x", "run"}, "build", {"-t", "x", "run"}},
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

TEST_CASE("a directory named like a command of others is built only with a slash") {
  for (const char* word :
       {"run", "ps", "compose", "config", "logs", "image", "buildx", "bud", "up"}) {
    CAPTURE(word);
    CHECK_THROWS_WITH_AS(find({word}), doctest::Contains("unknown command"), Error);
    CHECK_THROWS_AS(find({"-q", word}), Error);
    CHECK(hint_of({word}).find(fmt::format("cbuild ./{}", word)) != std::string::npos);
  }
}

TEST_CASE("no command is one of others, and none of those is a suggestion") {
  for (const ForeignCommand& foreign : foreign_commands()) {
    CAPTURE(foreign.name);
    CHECK(find_command(foreign.name) == nullptr);
    const std::string name(foreign.name);
    CHECK(unknown_command(name).what() == fmt::format("unknown command '{}'", name));
  }
}

TEST_CASE("what removes is suggested for a slip of one letter only") {
  CHECK(std::string(unknown_command("prnue").what()).find("prune") != std::string::npos);
  CHECK(std::string(unknown_command("rmii").what()).find("rmi") != std::string::npos);
  for (const char* word : {"ru", "run", "rm", "runn", "pruxx", "r"}) {
    CAPTURE(word);
    const std::string message = unknown_command(word).what();
    CHECK(message.find("rmi") == std::string::npos);
    CHECK(message.find("prune") == std::string::npos);
  }
}

}  // namespace
}  // namespace cbuild::cli
