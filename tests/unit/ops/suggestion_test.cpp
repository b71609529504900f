// What is suggested for a source that does not exist.
#include "src/ops/suggestion.h"

#include <doctest/doctest.h>

#include "cbuild/util/pattern.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

void fill(const TempTree& tree) {
  for (const char* directory : {"src", "src/lib", "docs"})
    tree.directory(directory);
  for (const char* file : {"src/main.c", "src/lib/tool.c", "docs/index.md", "docs/tool.c"})
    tree.file(file, "");
}

}  // namespace

TEST_CASE("each misspelt component is corrected, else the only path of that name is meant") {
  const TempTree tree;
  fill(tree);
  const FileTree context = context_of(tree);

  struct Row {
    std::string path;
    std::optional<std::string> suggestion;
  };

  const Row rows[] = {
      {"src/mian.c", "src/main.c"},
      {"srcc/lbi/tool.c", "src/lib/tool.c"},
      {"main.c", "src/main.c"},  // elsewhere, and there is one only
      {"somewhere/else/index.md", "docs/index.md"},
      {"tool.c", std::nullopt},  // there are two
      {"quite-another-name", std::nullopt},
      {"src/main.c", std::nullopt},  // it exists
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(suggest_path(context, row.path) == row.suggestion);
  }
}

TEST_CASE("an ignored path is not suggested") {
  const TempTree tree;
  fill(tree);
  const auto ignore = IgnorePatterns::parse_file("src/main.c\ndocs/tool.c\n");
  const FileTree context = context_of(tree, ignore);
  CHECK(suggest_path(context, "src/mian.c") == std::nullopt);
  CHECK(suggest_path(context, "tool.c") == "src/lib/tool.c");
}

TEST_CASE("a root file system is not searched for a name") {
  const TempTree tree;
  fill(tree);
  const FileTree stage = stage_tree(layer::tree_of(tree));
  CHECK(suggest_path(stage, "src/mian.c") == "src/main.c");
  CHECK(suggest_path(stage, "main.c") == std::nullopt);
}

}  // namespace cbuild::ops
