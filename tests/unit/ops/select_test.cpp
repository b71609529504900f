// Which files a COPY takes.
#include "src/ops/select.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>

#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "src/ops/selection_digest.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

void make_socket(const std::string& path) {
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

constexpr const char* kAllOfDir =
    "dir/empty dir/one.txt dir/out dir/sub dir/sub/three.txt dir/two.md";

}  // namespace

TEST_CASE("sources are paths and patterns inside the tree") {
  const TempTree tree;
  add_pattern_files(tree);
  const std::string all = kAllOfDir;

  struct Row {
    std::vector<std::string> sources;
    std::string selected;
  };

  const Row rows[] = {
      {{"a.txt"}, "a.txt: a.txt\n"},
      {{"/a.txt"}, "a.txt: a.txt\n"},
      {{"../../a.txt"}, "a.txt: a.txt\n"},
      {{"dir/../../a.txt"}, "a.txt: a.txt\n"},
      {{"b.txt", "a.txt"}, "b.txt: b.txt\na.txt: a.txt\n"},
      {{"*.txt"}, "a.txt: a.txt\nb.txt: b.txt\n"},
      {{"?.txt"}, "a.txt: a.txt\nb.txt: b.txt\n"},
      {{"[^a].txt"}, "b.txt: b.txt\n"},
      {{"x[[]1].md"}, "x[1].md: x[1].md\n"},
      {{".h*"}, ".hidden: .hidden\n"},
      {{"d?r/*.md"}, "two.md: dir/two.md\n"},
      {{"dir/*/*.txt"}, "three.txt: dir/sub/three.txt\n"},
      {{"to_dir/*.md"}, "two.md: dir/two.md\n"},
      {{"to_d*/*.md"}, ""},  // behind a wildcard no link is followed
      {{"*/two.md"}, "two.md: dir/two.md\n"},
      {{"to_?"}, "to_a: a.txt\n"},
      {{"*.none"}, ""},
      {{"dir/*/x/*"}, ""},
      {{"**/three.txt"}, ""},  // one '*' a segment: "**" is no more
      {{"dir"}, "dir/: " + all + "\n"},
      {{"dir/"}, "dir/: " + all + "\n"},
      {{"dir/."}, "dir/: " + all + "\n"},
      {{"di*"}, "dir/: " + all + "\n"},
      {{"dir/empty"}, "empty/:\n"},
      {{"to_a"}, "to_a: a.txt\n"},
      {{"to_dir"}, "to_dir/: " + all + "\n"},
      {{"to_dir/one.txt"}, "one.txt: dir/one.txt\n"},
      {{"climbs"}, "climbs: a.txt\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sources[0]);
    CHECK(to_text(select_from(tree, copy_of(row.sources))) == row.selected);
  }
}

TEST_CASE("links inside a copied directory stay links") {
  const TempTree tree;
  add_pattern_files(tree);
  const auto selection = select_from(tree, copy_of({"dir"}));
  REQUIRE(selection.sources.size() == 1);
  const auto& entries = selection.sources[0].entries;
  const auto link = std::ranges::find(entries, "out", &SelectedEntry::target);
  REQUIRE(link != entries.end());
  CHECK(link->link == "/etc/passwd");
}

TEST_CASE("what is not there is refused, with the nearest name") {
  const TempTree tree;
  add_pattern_files(tree);

  struct Row {
    std::string source;
    std::string message;
  };

  const Row rows[] = {
      {"a.tx", "a.tx: not in the build context (did you mean a.txt?)"},
      {"/dir/oen.txt", "(did you mean dir/one.txt?)"},
      {"nothing-like-it", "nothing-like-it: not in the build context"},
      {"a.txt/x", "a.txt/x: not in the build context"},
      {"dangling", "dangling: links to etc/passwd, which is not in the build context"},
      {"dir/out", "dir/out: links to etc/passwd, which is not in the build context"},
      {"dri/*.txt", "dri/*.txt: not in the build context (did you mean dir?)"},
      {"dri/oen.txt", "dri/oen.txt: not in the build context (did you mean dir/one.txt?)"},
      {"elsewhere/one.txt",
       "elsewhere/one.txt: not in the build context (did you mean dir/one.txt?)"},
      {"a.txt/*", "a.txt/*: not in the build context"},
      {"no\nsuch", "no\\x0asuch: not in"},
      {"a[", "syntax error in pattern"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    const std::string message = error_of([&] { select_from(tree, copy_of({row.source})); });
    CHECK_MESSAGE(holds(message, row.message), message);
  }
  tree.link("loop", "loop");
  CHECK(holds(error_of([&] { select_from(tree, copy_of({"loop"})); }),
              "loop: its symbolic links form a loop"));
}

TEST_CASE("ignore patterns hide files, and bring some back") {
  const TempTree tree;
  add_pattern_files(tree);

  struct Row {
    std::string ignore;
    std::string source;
    std::string selected;
  };

  const Row rows[] = {
      {"*.md", "dir", "dir/: dir/empty dir/one.txt dir/out dir/sub dir/sub/three.txt dir/two.md\n"},
      {"**/*.md", "dir", "dir/: dir/empty dir/one.txt dir/out dir/sub dir/sub/three.txt\n"},
      {"dir/sub", "dir", "dir/: dir/empty dir/one.txt dir/out dir/two.md\n"},
      {"dir\n!dir/sub/three.txt", "dir", "dir/: dir/sub? dir/sub/three.txt\n"},
      {"dir\n!dir/sub/three.txt", "*",
       ".hidden: .hidden\na.txt: a.txt\nb.txt: b.txt\n"
       "dir/: dir/sub? dir/sub/three.txt\n"},
      {"dir\n!dir/sub/none", "d*", ""},
      {"dir\n!dir/sub", "dir/sub", "sub/: dir/sub/three.txt\n"},
      {"*.txt", "*.txt", ""},
      {"a.txt\n!a.txt/x", "a*", ""},
      {"*\n!a.txt", "*", "a.txt: a.txt\n"},
      {"b.txt", "to_a", "to_a: a.txt\n"},
  };
  for (const std::string name : {"to_a", "to_dir", "dangling", "climbs", "x[1].md"}) {
    if (name != "to_a") ::unlink(tree.at(name).c_str());
  }
  for (const Row& row : rows) {
    CAPTURE(row.ignore);
    CAPTURE(row.source);
    std::string text = row.ignore;
    if (row.source == "*") text = "to_a\n" + text;
    const auto patterns = IgnorePatterns::parse_file(text);
    const Selection selected =
        select(context_of(tree, patterns), copy_of({row.source}), CancelToken());
    CHECK(to_text(selected) == row.selected);
  }
}

TEST_CASE("an ignored source is refused with the line that hides it") {
  const TempTree tree;
  add_pattern_files(tree);
  const auto patterns = IgnorePatterns::parse_file(
      "# comment\n*.txt\n\ndir/sub\nsecret\n!a.txt/x\nto_none\n!dir/sub/none\nfar/*\n");
  tree.directory("far");
  tree.directory("far/away");
  const auto hidden = [&] {
    return context_tree(duplicate(tree.fd().get()), patterns, "my.dockerignore");
  };

  struct Row {
    std::string source;
    const char* rule;
  };

  const Row rows[] = {
      {"a.txt", "2 `*.txt`"},      // although something below it would be back
      {"to_a", "2 `*.txt`"},       // a link to what is ignored
      {"dir/sub", "4 `dir/sub`"},  // nothing below it is back
      {"dir/sub/three.txt", "4 `dir/sub`"},
      {"far/away/*", "9 `far/*`"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.source);
    const std::string message =
        error_of([&] { select(hidden(), copy_of({row.source}), CancelToken()); });
    const std::string wanted = fmt::format("excluded by my.dockerignore:{}", row.rule);
    CHECK_MESSAGE(holds(message, wanted), message);
  }
}

TEST_CASE("--exclude is relative to the source directory, or to the directory of a file") {
  const TempTree tree;
  add_pattern_files(tree);

  struct Row {
    std::string source;
    std::vector<std::string> excludes;
    std::string selected;
  };

  const Row rows[] = {
      {"dir", {"*.txt"}, "dir/: dir/empty dir/out dir/sub dir/sub/three.txt dir/two.md\n"},
      {"dir", {"**/*.txt"}, "dir/: dir/empty dir/out dir/sub dir/two.md\n"},
      {"dir", {"dir/one.txt"}, std::string("dir/: ") + kAllOfDir + "\n"},
      {"dir", {"*", "!sub/three.txt"}, "dir/: dir/sub? dir/sub/three.txt\n"},
      {"dir/one.txt", {"*.txt"}, "one.txt:\n"},
      {"dir/one.txt", {"dir/*.txt"}, "one.txt: dir/one.txt\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.excludes[0]);
    graph::Copy op = copy_of({row.source});
    op.excludes = row.excludes;
    CHECK(to_text(select_from(tree, op)) == row.selected);
  }
}

TEST_CASE("special files and odd names neither block nor confuse") {
  const TempTree tree;
  tree.directory("odd");
  const std::string names[] = {"new\nline", "\xff\xfe", " ", "-rf", "\x1b[31m", "*", "a\\b", "..."};
  for (const std::string& name : names)
    tree.file("odd/" + name, name);
  REQUIRE(::mkfifo(tree.at("odd/fifo").c_str(), 0644) == 0);
  make_socket(tree.at("odd/socket"));
  const auto selection = select_from(tree, copy_of({"odd"}));
  CHECK(selection.sources[0].entries.size() == std::size(names) + 2);
  digest_of(selection, {}, CancelToken());

  CHECK(select_from(tree, copy_of({"odd/fifo"})).sources.size() == 1);
  CHECK(select_from(tree, copy_of({"odd/s*"})).sources.size() == 1);

  // A socket of a root file system is none that a layer of ours could have.
  graph::Copy of_stage = copy_of({"odd"});
  of_stage.from_context = false;
  CHECK(select_from(tree, of_stage).sources[0].entries.size() == std::size(names) + 1);
  of_stage.sources = {"odd/s*"};
  CHECK(select_from(tree, of_stage).sources.empty());
  of_stage.sources = {"odd/socket"};
  CHECK(holds(error_of([&] { select_from(tree, of_stage); }), "is a socket"));
}

TEST_CASE("selections of several inputs stand in the order of the instruction, with their trees") {
  const TempTree one;
  one.file("a", "");
  one.file("c", "");
  const TempTree two;
  two.file("b", "");
  graph::Copy op = copy_of({"a", "b", "c"});
  op.source_inputs = {1, 2, 1};
  Selection selection = select(context_of(one), op, CancelToken(), 1);
  selection.merge(select(context_of(two), op, CancelToken(), 2));
  const Selection moved = std::move(selection);
  CHECK(to_text(moved) == "a: a\nb: b\nc: c\n");
  for (const SelectedSource& source : moved.sources)
    CHECK(source.tree->root.stat(source.name));
}

TEST_CASE("a cancelled selection ends") {
  const TempTree tree;
  add_pattern_files(tree);
  CancelToken cancel;
  cancel.cancel();
  CHECK_THROWS_AS(select(context_of(tree), copy_of({"/"}), cancel), Interrupted);
}

}  // namespace cbuild::ops
