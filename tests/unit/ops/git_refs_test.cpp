// Names of commits: what a server lists, and what a ref may mean.
#include "src/ops/sources/git_refs.h"

#include <doctest/doctest.h>

#include "cbuild/ops/git_commit.h"

namespace cbuild::ops {

namespace {

std::string id(char digit) {
  return std::string(40, digit);
}

}  // namespace

TEST_CASE("the list of git ls-remote, annotated tags peeled and HEAD named by its branch") {
  const RemoteRefs refs = RemoteRefs::parse(
      "ref: refs/heads/main\tHEAD\n" + id('1') + "\tHEAD\n" + id('1') + "\trefs/heads/main\n" +
      id('2') + "\trefs/tags/v1\n" + id('3') + "\trefs/tags/v1^{}\n" + id('4') +
      "\trefs/tags/light\nwarning: no tab here\n\n");

  struct Row {
    std::string name;
    std::string id, ref, tag;
  };

  const Row rows[] = {
      {"HEAD", id('1'), "refs/heads/main", ""},
      {"refs/heads/main", id('1'), "refs/heads/main", ""},
      {"refs/tags/v1", id('3'), "refs/tags/v1", id('2')},
      {"refs/tags/light", id('4'), "refs/tags/light", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto commit = refs.find(row.name);
    REQUIRE(commit);
    CHECK(commit->id == row.id);
    CHECK(commit->ref == row.ref);
    CHECK(commit->tag == row.tag);
  }
  CHECK_FALSE(refs.find("main"));  // full names only
  CHECK_FALSE(refs.find(""));
  CHECK(refs.digits() == 40);
}

TEST_CASE("a list without refs, or without the branch of HEAD") {
  CHECK(RemoteRefs::parse("").digits() == 0);
  CHECK_FALSE(RemoteRefs::parse("").find("HEAD"));
  const RemoteRefs old = RemoteRefs::parse(id('1') + "\tHEAD\n");  // a server without symref
  CHECK(old.find("HEAD")->id == id('1'));
  CHECK(old.find("HEAD")->ref.empty());
  CHECK(RemoteRefs::parse(std::string(64, 'a') + "\tHEAD").digits() == 64);
}

TEST_CASE("a ref means a branch before it means a tag") {
  using Names = std::vector<std::string>;
  CHECK(full_names("") == Names{"HEAD"});
  CHECK(full_names("v1") == Names{"refs/v1", "refs/heads/v1", "refs/tags/v1", "v1"});
  CHECK(full_names("heads/a").front() == "refs/heads/a");
  CHECK(full_names("tags/a").front() == "refs/tags/a");
  CHECK(full_names("refs/pull/1/head").front() == "refs/pull/1/head");
}

TEST_CASE("what may be the id of a commit") {
  struct Row {
    std::string text;
    bool full, abbreviated;
  };

  const Row rows[] = {
      {"", false, false},
      {"abc", false, false},
      {"abcd", false, true},
      {std::string(39, 'a'), false, true},
      {std::string(40, 'a'), true, false},
      {std::string(41, 'a'), false, false},
      {std::string(64, '0'), true, false},
      {std::string(65, '0'), false, false},
      {std::string(39, 'a') + "g", false, false},
      {"main", false, false},
      {"abc-", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(is_full_commit(row.text) == row.full);
    CHECK(may_be_abbreviated(row.text) == row.abbreviated);
  }
}

}  // namespace cbuild::ops
