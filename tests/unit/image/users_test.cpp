// USER and --chown against the image's passwd and group.
#include "cbuild/image/users.h"

#include <doctest/doctest.h>

#include "tests/unit/image/support.h"

namespace cbuild::image {

namespace {

const UserDatabase kDatabase = {
    "# comment:x:7:7::/no:/bin/sh\n"
    "root:x:0:0:root:/root:/bin/sh\n"
    "app:x:1000:1001:App:/home/app:/bin/sh\n"
    "nohome:x:1002:1002:::/bin/sh\n"
    "broken:x:-5:1:::\n"
    "huge:x:4294967295:1:::\n"
    "short:x:9\n"
    "77:x:1077:1077::/home/77:\n"
    "app:x:5:5::/second:\n",
    "root:x:0:\n"
    "wheel:x:10:root,app\n"
    "audio:x:20:app,other\n"
    "app2:x:30:application\n"
    "88:x:1088:\n"
    "bad:x:x:app\n"};

}  // namespace

TEST_CASE("identity_of takes ids, groups and home from the image") {
  struct Row {
    std::string user;
    Ids ids;
    std::vector<std::uint32_t> groups;
    std::string home;
  };

  const Row rows[] = {
      {"", {0, 0}, {0, 10}, "/root"},
      {"root", {0, 0}, {0, 10}, "/root"},
      {"app", {1000, 1001}, {1001, 10, 20}, "/home/app"},
      {"app:audio", {1000, 20}, {20}, "/home/app"},
      {"app:5", {1000, 5}, {5}, "/home/app"},
      {"1000", {1000, 1001}, {1001, 10, 20}, "/home/app"},
      {"1000:0", {1000, 0}, {0}, "/home/app"},
      {"4242", {4242, 0}, {0}, "/"},
      {"77", {77, 0}, {0}, "/"},  // a number is no name
      {"1:88", {1, 88}, {88}, "/"},
      {"nohome", {1002, 1002}, {1002}, "/"},
      {":audio", {0, 20}, {20}, "/root"},
      {"4294967294:4294967294", {4294967294U, 4294967294U}, {4294967294U}, "/"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.user);
    const Identity identity = identity_of(row.user, kDatabase);
    CHECK(identity.ids.uid == row.ids.uid);
    CHECK(identity.ids.gid == row.ids.gid);
    CHECK(identity.groups == row.groups);
    CHECK(identity.home == row.home);
  }
}

TEST_CASE("owner_of follows --chown: a number is its own group, an empty group is root") {
  struct Row {
    std::string text;
    Ids ids;
  };

  const Row rows[] = {
      {"", {0, 0}},
      {"55", {55, 55}},
      {"55:66", {55, 66}},
      {"app", {1000, 1001}},
      {"app:", {1000, 0}},
      {"55:", {55, 0}},
      {":7", {0, 7}},
      {":wheel", {0, 10}},
      {"app:wheel", {1000, 10}},
      {"77:88", {77, 88}},
      {"4294967294", {4294967294U, 4294967294U}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Ids ids = owner_of(row.text, kDatabase);
    CHECK(ids.uid == row.ids.uid);
    CHECK(ids.gid == row.ids.gid);
  }
}

TEST_CASE("unknown names and numbers out of range are refused by name") {
  struct Row {
    std::string text;
    std::string message;
  };

  const Row rows[] = {
      {"nobody", "unable to find user nobody: no matching entries in passwd file"},
      {"app:nogroup", "unable to find group nogroup: no matching entries in group file"},
      {"4294967295", "user '4294967295' is out of range (0 to 4294967294)"},
      {"0:4294967295", "group '4294967295' is out of range"},
      {"99999999999999999999", "out of range"},
      {"-1", "user '-1' is out of range"},
      {"0:-1", "group '-1' is out of range"},
      {"+1", "out of range"},
      {"broken", "user broken:"},
      {"huge", "user huge:"},
      {"short", "user short:"},
      {"0x10", "user 0x10:"},
      {"a\x1b[31m", "user a\\x1b[31m:"},
      {"app:wheel:x", "group wheel:x:"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string user = error_of([&] { identity_of(row.text, kDatabase); });
    CHECK_MESSAGE(holds(user, row.message), user);
    const std::string owner = error_of([&] { owner_of(row.text, kDatabase); });
    CHECK_MESSAGE(holds(owner, row.message), owner);
  }
}

TEST_CASE("an image without users knows numbers only") {
  CHECK(identity_of("5", {}).ids == Ids{5, 0});
  CHECK(identity_of("", {}).home == "/");
  CHECK_THROWS_AS(identity_of("root", {}), Error);
  CHECK_THROWS_AS(owner_of("root", {}), Error);
}

TEST_CASE("read_user_database reads regular files of the image only") {
  const TempTree tree;
  CHECK(read_user_database(layer::tree_of(tree)).passwd.empty());
  tree.directory("etc");
  SUBCASE("plain") {
    tree.file("etc/passwd", "root:x:0:0::/root:\n");
    CHECK(read_user_database(layer::tree_of(tree)).passwd == "root:x:0:0::/root:\n");
    CHECK(read_user_database(layer::tree_of(tree)).group.empty());
    CHECK(read_user_database(layer::tree_of(tree)).in_place);
  }
  SUBCASE("a link stays inside the root") {
    tree.file("users", "in the image");
    tree.link("etc/passwd", "/users");
    tree.link("etc/group", "../../../../etc/hostname-that-is-not-there");
    CHECK(read_user_database(layer::tree_of(tree)).passwd == "in the image");
    CHECK_FALSE(read_user_database(layer::tree_of(tree)).in_place);
    CHECK(read_user_database(layer::tree_of(tree)).group.empty());
  }
  SUBCASE("FIFO and directory count as absent, and nobody waits") {
    REQUIRE(::mkfifo(tree.at("etc/passwd").c_str(), 0644) == 0);
    tree.directory("etc/group");
    CHECK(read_user_database(layer::tree_of(tree)).passwd.empty());
    CHECK(read_user_database(layer::tree_of(tree)).group.empty());
  }
  SUBCASE("huge") {
    tree.file("etc/passwd", "");
    REQUIRE(::truncate(tree.at("etc/passwd").c_str(), off_t{1} << 40) == 0);
    CHECK(holds(error_of([&] { read_user_database(layer::tree_of(tree)); }), "etc/passwd"));
  }
}

}  // namespace cbuild::image
