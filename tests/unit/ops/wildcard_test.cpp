// Wildcards of COPY sources, on their own.
#include "src/ops/wildcard.h"

#include <doctest/doctest.h>

#include "cbuild/util/pattern.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

std::string matches(const TempTree& tree, const std::string& pattern) {
  std::string text;
  for_each_match(layer::tree_of(tree), pattern,
                 [&](const std::string& path) { text += (text.empty() ? "" : " ") + path; });
  return text;
}

}  // namespace

TEST_CASE("the literal directory ends before the component that holds the first wildcard") {
  struct Row {
    std::string pattern, directory;
  };

  const Row rows[] = {
      {"*.c", ""},      {"a/b*", "a"},     {"a/b/?", "a/b"},  {"a/[x]/b", "a"},
      {"a/*/b/*", "a"}, {"a/b\\*/c", "a"}, {"dir*/file", ""}, {"a/b/c/[^d].h", "a/b/c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CHECK(literal_directory(row.pattern) == row.directory);
  }
}

TEST_CASE("a wildcard matches within one component, in the order of names") {
  const TempTree tree;
  for (const char* directory : {"b", "a", "a/b", ".dot"})
    tree.directory(directory);
  for (const char* file : {"b/x.c", "a/x.c", "a/x.h", "a/b/x.c", ".dot/x.c", "x.c"})
    tree.file(file, "");

  struct Row {
    std::string pattern, paths;
  };

  const Row rows[] = {
      {"*", ".dot a b x.c"},
      {"*.c", "x.c"},
      {"*/x.c", ".dot/x.c a/x.c b/x.c"},
      {"?/x.?", "a/x.c a/x.h b/x.c"},
      {"[^a]/*", "b/x.c"},
      {"a/*/*", "a/b/x.c"},
      {"**/x.c", ".dot/x.c a/x.c b/x.c"},  // "**" is one component, as in filepath.Match
      {"none/*", ""},
      {"x.c/*", ""},
      {"*/*/*/*", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CHECK(matches(tree, row.pattern) == row.paths);
  }
}

TEST_CASE("links are followed before the first wildcard only, and never out of the tree") {
  const TempTree outside;
  outside.file("secret", "");
  const TempTree tree;
  tree.directory("real");
  tree.file("real/x", "");
  tree.directory("real/sub");
  tree.file("real/sub/y", "");
  tree.link("link", "/real");
  tree.link("out", outside.at(""));
  CHECK(matches(tree, "link/*") == "link/sub link/x");
  CHECK(matches(tree, "l*/x") == "");
  CHECK(matches(tree, "l*") == "link");
  CHECK(matches(tree, "link/s*/y") == "link/sub/y");
  CHECK(matches(tree, "out/*") == "");
}

TEST_CASE("an ill-formed pattern is an error when it is matched against a name") {
  const TempTree tree;
  tree.file("a", "");
  CHECK_THROWS_AS(matches(tree, "[a"), PatternError);
}

}  // namespace cbuild::ops
