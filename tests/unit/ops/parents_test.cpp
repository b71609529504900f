// COPY --parents: which part of a path is kept.
#include "src/ops/parents.h"

#include <doctest/doctest.h>

#include "tests/unit/ops/support.h"

namespace cbuild::ops {

TEST_CASE("a source is split at its first pivot, and both parts are cleaned") {
  struct Row {
    std::string source, base, pattern;
  };

  const Row rows[] = {
      {"a/b", "", "a/b"},
      {"/a/../b/", "", "b"},
      {"a/./b", "a", "b"},
      {"./a/./b", "a", "b"},
      {"a/././b", "a", "b"},
      {"a/./b/./c", "a", "b/c"},
      {"a/../c/./b", "c", "b"},
      {"a/./", "a", ""},
      {"../a/./../b", "a", "b"},
      {"a/*/./**/b", "a/*", "**/b"},
      {".", "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    const PivotedSource split = split_at_pivot(row.source);
    CHECK(split.base == row.base);
    CHECK(split.pattern == row.pattern);
  }
}

TEST_CASE("--parents keeps the path behind the pivot, with the directories on the way") {
  const TempTree tree;
  add_pattern_files(tree);
  tree.directory("p");
  tree.directory("p/q");
  tree.file("p/q/x.c", "x");
  tree.file("p/q/y.h", "y");
  tree.directory("p/r");
  tree.file("p/r/z.c", "z");
  tree.file("p/top.c", "t");

  struct Row {
    std::string source;
    std::string targets;
  };

  const Row rows[] = {
      {"a.txt", "a.txt"},
      {"p/q/x.c", "p p/q p/q/x.c"},
      {"/p/q/x.c", "p p/q p/q/x.c"},
      {"p/q", "p p/q p/q/x.c p/q/y.h"},
      {"p/./q/x.c", "q q/x.c"},
      {"./p/./q", "q q/x.c q/y.h"},
      {"p/q/./x.c", "x.c"},
      {"p/*/*.c", "p p/q p/q/x.c p/r p/r/z.c"},
      {"p/./**/*.c", "q q/x.c r r/z.c top.c"},
      {"**/x.c", "p p/q p/q/x.c"},
      {"p/./*", "q q/x.c q/y.h r r/z.c top.c"},
      {"p/nothing*", ""},
      {"p/q/./", "x.c y.h"},
      {"to_dir/./one.txt", "one.txt"},
      {"dir/out", "dir dir/out"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    graph::Copy op = copy_of({row.source});
    op.parents = true;
    std::string targets;
    for (const Selection selection = select_from(tree, op);
         const SelectedSource& source : selection.sources) {
      for (const SelectedEntry& entry : source.entries)
        targets += (targets.empty() ? "" : " ") + entry.target;
    }
    CHECK(targets == row.targets);
  }
  for (const char* missing : {"p/gone.c", "gone/./x", "to_dir/one.txt"}) {
    CAPTURE(missing);
    graph::Copy op = copy_of({missing});
    op.parents = true;
    CHECK(holds(error_of([&] { select_from(tree, op); }), "not in the build context"));
  }
}

TEST_CASE("--parents with --exclude and an ignore file") {
  const TempTree tree;
  add_pattern_files(tree);
  graph::Copy op = copy_of({"dir/./**"});
  op.parents = true;
  op.excludes = {"sub", "*.md"};
  CHECK(to_text(select_from(tree, op)) == "/: dir/empty dir/one.txt dir/out\n");
  const auto patterns = IgnorePatterns::parse_file("dir\n!dir/sub/three.txt\n");
  op.excludes.clear();
  CHECK(to_text(select(context_of(tree, patterns), op, CancelToken())) ==
        "/: dir/sub? dir/sub/three.txt\n");
  op.sources = {"dir/one.txt"};
  CHECK(holds(error_of([&] { select(context_of(tree, patterns), op, CancelToken()); }),
              "excluded by .dockerignore:1"));
}

}  // namespace cbuild::ops
