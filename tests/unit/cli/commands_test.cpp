// Tests of the table of commands: every command declares itself, explains itself, takes its words.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "cbuild/sandbox/isolation.h"
#include "cbuild/util/error.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/help.h"
#include "src/cli/session.h"

namespace cbuild::cli {
namespace {

std::string parse(std::string_view name, const std::vector<std::string>& words) {
  const CommandEntry* entry = find_command(name);
  REQUIRE(entry != nullptr);
  Globals globals;
  const auto command = entry->make();
  Args args{std::string(entry->name), std::string(entry->summary)};
  command->declare(args);
  declare_globals(args, globals);
  try {
    args.parse(words);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("every command explains itself: synopsis, two examples, short lines") {
  for (const CommandEntry& entry : commands()) {
    CAPTURE(entry.name);
    Globals globals;
    const auto command = entry.make();
    Args args{std::string(entry.name), std::string(entry.summary)};
    command->declare(args);
    declare_globals(args, globals);
    const std::string help = args.help();
    CHECK(help.starts_with("Usage: cbuild " + std::string(entry.name)));
    CHECK(help.find("Global options:") != std::string::npos);
    const std::string examples = help.substr(help.find("\nExamples:\n"));
    CHECK(std::ranges::count(examples, '#') >= 2);
    CHECK(overview().find("  " + std::string(entry.name) + " ") != std::string::npos);
    std::size_t width = 0;
    for (const char c : help) {
      width = c == '\n' ? 0 : width + 1;
      REQUIRE(width <= 100);
    }
  }
}

TEST_CASE("commands take the words of docker") {
  struct Row {
    std::string_view command;
    std::vector<std::string> words;
    std::string error;  // empty = accepted
  };

  const Row rows[] = {
      {"images", {}, ""},
      {"images", {"-a", "-q", "--no-trunc", "--filter", "dangling=true", "app*"}, ""},
      {"images", {"--format", "json"}, ""},
      {"images", {"a", "b"}, "unexpected argument 'b'"},
      {"inspect", {}, "IMAGE is missing"},
      {"inspect", {"a", "b", "--config"}, ""},
      {"history", {"--no-trunc", "a"}, ""},
      {"tag", {"a"}, "TARGET is missing"},
      {"tag", {"a", "b"}, ""},
      {"rmi", {"-f", "a", "b"}, ""},
      {"rmi", {}, "IMAGE is missing"},
      {"pull", {"-q", "debian:12"}, ""},
      {"push", {"localhost:5000/a"}, ""},
      {"login", {"-u", "me", "--password-stdin", "localhost:5000"}, ""},
      {"login", {"-u", "me", "-p", "secret"}, "-p is not supported"},
      {"logout", {}, ""},
      {"save", {"-o", "x.tar", "--format", "oci-archive", "a"}, ""},
      {"save",
       {"--format", "zip", "a"},
       "--format: 'zip' is not supported (want docker-archive, oci-archive, oci-dir)"},
      {"load", {"-i", "x.tar"}, ""},
      {"load", {}, ""},
      {"import", {"x.tar", "name", "-c", "CMD a", "--change", "ENV a=b"}, ""},
      {"import", {"x.tar"}, "REFERENCE is missing"},
      {"df", {"--format=json"}, ""},
      {"prune", {"--all", "-f", "--keep-storage", "1GB", "--filter", "until=24h"}, ""},
      {"version", {}, ""},
      {"help", {"build"}, ""},
      {"build", {"-t", "a", "--rm", "--memory=1g", "."}, ""},
      {"build", {"--root", "/x", "--log-level", "debug", "--color", "never", "-q", "."}, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command);
    CAPTURE(row.error);
    CHECK(parse(row.command, row.words) == row.error);
  }
}

TEST_CASE("the store is where the environment says") {
  const auto root = [](std::map<std::string, std::string> variables, bool superuser) {
    return default_root(
        [&](const char* name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return std::nullopt;
          return found->second;
        },
        superuser);
  };
  CHECK(root({{"HOME", "/h"}}, false) == "/h/.local/share/cbuild");
  CHECK(root({{"HOME", "/h"}, {"XDG_DATA_HOME", "/d"}}, false) == "/d/cbuild");
  CHECK(root({{"HOME", "/h"}, {"XDG_DATA_HOME", "relative"}}, false) == "/h/.local/share/cbuild");
  CHECK(root({{"HOME", "/h"}}, true) == "/var/lib/cbuild");
  CHECK(root({{"HOME", "/h"}, {"CBUILD_ROOT", "/r"}}, true) == "/r");
  CHECK_THROWS_AS(root({}, false), Error);
}

TEST_CASE("the isolation is what the option says, else what the environment says") {
  const auto wanted = [](const char* option, std::optional<std::string> variable) {
    return wanted_isolation(option, [&](const char*) { return variable; });
  };
  CHECK(!wanted("auto", std::nullopt));
  CHECK(!wanted("auto", "auto"));
  CHECK(wanted("auto", "chroot") == sandbox::Isolation::chroot);
  CHECK(wanted("none", "chroot") == sandbox::Isolation::none);
  CHECK(wanted("namespaces", std::nullopt) == sandbox::Isolation::namespaces);
  CHECK_THROWS_AS(wanted("auto", "rootless"), Error);
}

TEST_CASE("colours are for terminals that want them") {
  const auto lookup = [](std::map<std::string, std::string> variables) {
    return [variables](const char* name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
  };
  CHECK(use_color("auto", lookup({{"TERM", "xterm"}}), true));
  CHECK_FALSE(use_color("auto", lookup({{"TERM", "xterm"}}), false));
  CHECK_FALSE(use_color("auto", lookup({{"TERM", "dumb"}}), true));
  CHECK_FALSE(use_color("auto", lookup({{"TERM", "xterm"}, {"NO_COLOR", "1"}}), true));
  CHECK(use_color("auto", lookup({{"TERM", "xterm"}, {"NO_COLOR", ""}}), true));
  CHECK(use_color("always", lookup({}), false));
  CHECK_FALSE(use_color("never", lookup({{"TERM", "xterm"}}), true));
}

}  // namespace
}  // namespace cbuild::cli
