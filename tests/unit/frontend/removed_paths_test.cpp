// Paths that the commands of a step remove.
#include "frontend/dockerfile/lint/removed_paths.h"

#include <doctest/doctest.h>

#include "frontend/dockerfile/lint/made_users.h"
#include "frontend/dockerfile/lint/shell_commands.h"

namespace cbuild::frontend {

namespace {

/// The commands of `script`, which all run in /w.
std::vector<ScriptCommand> commands_of(const std::string& script) {
  std::vector<ScriptCommand> commands;
  for (ShellCommand& words : shell_commands(script))
    commands.push_back({std::move(words), "/w"});
  return commands;
}

}  // namespace

TEST_CASE("which commands take a path away") {
  struct Row {
    std::string script;
    std::string path;
    bool gone;
  };

  const Row rows[] = {
      {"rm -rf /a", "/a", true},
      {"rm -rf /a", "/a/b/c", true},
      {"rm -rf /a", "/ab", false},
      {"rm -rf /a/b", "/a", false},
      {"rm a ./b", "/w/b", true},
      {"rm -rf /a*", "/ab/c", true},
      {"rm -rf /a/*", "/a/b", true},
      {"rm -rf /a/*", "/a", false},
      {"rm -rf /a/*.c", "/a/b.c", true},
      {"rm -rf /a/*.c", "/a/b/d.c", false},
      {"rm -rf '/a/['", "/a/x", true},  // cannot be read: it may be meant
      {"rm -rf /", "/a", false},        // nobody means that
      {"rm -rf $X", "/a", false},
      {"unlink /a", "/a", true},
      {"rmdir /a", "/a", true},
      {"/bin/rm /a", "/a", true},
      {"mv /a /b /c", "/a", true},
      {"mv /a /b /c", "/b/x", true},
      {"mv /a /b /c", "/c", false},
      {"mv -t /c /a", "/a", true},
      {"mv --target-directory=/c /a /b", "/b", true},
      {"echo rm /a", "/a", false},
      {"find /a -delete", "/a/b", true},
      {"find /a /b -type f -delete", "/b/c", true},
      {"find /a -name '*.c' -delete", "/a/b/d.c", true},
      {"find /a -name '*.c' -delete", "/a/b/d.h", false},
      {"find /a -iname x -exec rm {} +", "/a/b/x", true},
      {"find /a", "/a/b", false},
      {"find /a -print0 | xargs -0 rm", "/a/b", true},
      {"find /a | xargs cat", "/a/b", false},
      {"find . -delete", "/w/a", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.script);
    CAPTURE(row.path);
    CHECK(RemovedPaths(commands_of(row.script)).take(row.path) == row.gone);
  }
}

TEST_CASE("which commands empty a directory") {
  struct Row {
    std::string script;
    bool empty;  // of /var/lib
  };

  const Row rows[] = {
      {"rm -rf /var/lib", true},
      {"rm -rf /var", true},
      {"rm -rf /var/lib/*", true},
      {"rm -rf /var/lib/*.deb", true},
      {"rm -rf /var/l*", true},
      {"rm -rf /var/lib/x", false},
      {"rm -rf /var/lib/x/*", false},
      {"find /var/lib -delete", true},
      {"find /var -name '*.deb' -delete", true},
      {"find /var/lib/x -delete", false},
      {"true", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.script);
    CHECK(RemovedPaths(commands_of(row.script)).empty_out("/var/lib") == row.empty);
  }
}

TEST_CASE("a hostile step does not make the look-up slow") {
  std::string script;
  for (int i = 0; i < 5'000; ++i)
    script += "rm /a" + std::to_string(i) + "\n";
  const RemovedPaths removed(commands_of(script));
  CHECK(removed.take("/a0"));
  CHECK_FALSE(removed.take("/a4999"));  // it was not looked at
}

TEST_CASE("users and groups are those that a step before made, or a package of their name") {
  MadeUsers users;
  users.add(commands_of("useradd -r app && groupadd --gid 7 team"), 3);
  users.add(commands_of("apt-get install -y nginx"), 5);
  users.add(commands_of("echo app2:x:10:10::/:/bin/sh >> /etc/passwd; echo cat"), 7);
  users.add(commands_of("adduser app"), 9);

  struct Row {
    std::string owner;
    int line;
    std::string made_later;
  };

  const Row rows[] = {
      {"app", 2, "app"},
      {"app", 3, ""},
      {"app", 4, ""},
      {"app:team", 2, "app"},
      {"root:team", 2, "team"},
      {":team", 2, "team"},
      {"nginx", 4, "nginx"},
      {"nginx", 6, ""},
      {"app2", 6, "app2"},
      {"cat", 0, ""},
      {"7", 0, ""},
      {"1000:1000", 0, ""},
      {"", 0, ""},
      {"other", 0, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.owner);
    CAPTURE(row.line);
    CHECK(users.made_after(row.owner, row.line) == row.made_later);
  }
}

}  // namespace cbuild::frontend
