// The words that the flags of a container have in common: truths, pairs, paths of the host.
#include "src/cli/container_flags/flag_words.h"

#include "src/cli/container_flags/caller_paths.h"
#include "src/cli/container_flags/mount_parts.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

TEST_CASE("a truth is what Go's strconv.ParseBool takes") {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"})
    CHECK(parse_go_bool(text) == true);
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"})
    CHECK(parse_go_bool(text) == false);
  for (const char* text : {"", "yes", "no", "on", "tRUE", " true", "2", "-1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_go_bool(text).has_value());
    CHECK(refusal_of([&] { bool_of("ro", text); }) ==
          "invalid value for ro: " + std::string(text) + " (want true or false)");
  }
}

TEST_CASE("a pair is cut at its first separator") {
  using Pair = std::pair<std::string, std::optional<std::string>>;

  struct Row {
    const char* text;
    Pair wanted;
  };

  const Row rows[] = {{"a=b", {"a", "b"}}, {"a=b=c", {"a", "b=c"}},
                      {"a=", {"a", ""}},   {"a", {"a", std::nullopt}},
                      {"=b", {"", "b"}},   {"", {"", std::nullopt}}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK((cut(row.text, '=') == row.wanted));
  }
}

TEST_CASE("a path of the host is told from a name by its first letter") {
  for (const char* path : {"/", "/a", ".", "./a", "..", ".a", "~", "~/a", "~a"})
    CHECK(is_host_path(path));
  for (const char* name : {"", "a", "a/b", "a.b", "a~", "-"})
    CHECK_FALSE(is_host_path(name));
}

TEST_CASE("a path of the host is absolute and clean") {
  const CallerPaths caller{.directory = "/work", .home = "/home/me/"};

  struct Row {
    const char* text;
    const char* wanted;
  };

  const Row rows[] = {{"/", "/"},        {"//a/./b/", "/a/b"}, {".", "/work"},
                      {"./", "/work"},   {"..", "/"},          {"../../..", "/"},
                      {"~", "/home/me"}, {"~/", "/home/me"},   {"~//a", "/home/me/a"},
                      {"~/..", "/home"}, {"...", "/work/..."}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(host_path(row.text, caller) == row.wanted);
  }
}

TEST_CASE("a home directory that is not known is an error, but only where it is needed") {
  const CallerPaths caller{.directory = "/work", .home = ""};
  CHECK(host_path("./a", caller) == "/work/a");
  CHECK(refusal_of([&] { host_path("~/a", caller); }) ==
        "'~/a': the home directory is not known (HOME is not set)");
  CHECK(refusal_of([&] { host_path("~root", caller); }) ==
        "'~root': the home directory of another user is not looked up");
}

TEST_CASE("volumes have docker's names") {
  for (const char* name : {"ab", "0a", "A_b.c-d", "a-", "x_"})
    CHECK(volume_name(name) == name);
  for (const char* name : {"", "a", "-a", ".a", "_a", "a b", "a/b", "a:b", "\xC3\xA9t", "a\n"}) {
    CAPTURE(name);
    CHECK(refusal_of([&] { volume_name(name); }) != "accepted");
  }
}

TEST_CASE("a mode is octal and has at most the bits of chmod(2)") {
  CHECK(mount_mode("mode", "0") == 0);
  CHECK(mount_mode("mode", "755") == 0755);
  CHECK(mount_mode("mode", "07777") == 07777);
  for (const char* text : {"", "8", "17777", "-7", "+7", "7 ", "99999999999"}) {
    CAPTURE(text);
    CHECK(refusal_of([&] {
            mount_mode("mode", text);
          }).starts_with("invalid value for mode: " + std::string(text)));
  }
}

}  // namespace
}  // namespace cbuild::cli
