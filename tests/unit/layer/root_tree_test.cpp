// Tests of reading a tree: one directory, and layers merged as overlayfs does it.
#include "cbuild/layer/root_tree.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "cbuild/util/fd_stream.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

std::string text_of(const RootTree& tree, std::string_view path) {
  FdSource source(tree.open(path, O_RDONLY), "file");
  return read_all(source, 1000);
}

std::string names_in(const RootTree& tree, std::string_view path) {
  std::string names;
  const auto directory = tree.directory(path);
  if (!directory) return "none";
  for (const DirectoryEntry& entry : directory->list())
    names += entry.name + " ";
  return names;
}

}  // namespace

TEST_CASE("a layer hides what lies below it, name by name") {
  const Tree top;
  const Tree middle;
  const Tree bottom;
  for (const Tree* tree : {&top, &middle, &bottom})
    tree->directory("d");
  top.file("d/a", "top");
  middle.file("d/a", "middle");
  middle.file("d/b", "middle");
  bottom.file("d/b", "bottom");
  bottom.file("d/c", "bottom");
  const RootTree tree = stack_of({&top, &middle, &bottom});
  CHECK(text_of(tree, "d/a") == "top");
  CHECK(text_of(tree, "/d/b") == "middle");
  CHECK(text_of(tree, "d/./c") == "bottom");
  CHECK(names_in(tree, "d") == "a b c ");
  CHECK(tree.stat("d/a")->st_size == 3);
}

TEST_CASE("what a layer deletes is not there, and may come again") {
  const Tree again;
  const Tree deleting;
  const Tree bottom;
  bottom.file("f", "x");
  bottom.directory("d");
  bottom.file("d/f", "x");
  white_out(deleting, "f");
  white_out(deleting, "d");
  CHECK_FALSE(stack_of({&deleting, &bottom}).stat("f"));
  CHECK_FALSE(stack_of({&deleting, &bottom}).try_open("d/f", O_RDONLY));
  CHECK(names_in(stack_of({&deleting, &bottom}), "") == "");
  again.directory("d");
  const RootTree tree = stack_of({&again, &deleting, &bottom});
  CHECK(names_in(tree, "") == "d ");
  CHECK(names_in(tree, "d") == "");
}

TEST_CASE("a file with an attribute is a deletion, too: where there are no devices 0:0") {
  const Tree top;
  const Tree bottom;
  for (const char* name : {"gone", "kept", "attribute-only", "mode-only"})
    bottom.file(name, "x");
  const auto put = [&](const char* name, mode_t mode, bool marked) {
    top.file(name, "", mode);
    if (marked) REQUIRE(::setxattr(top.at(name).c_str(), "user.cbuild.whiteout", "y", 1, 0) == 0);
  };
  put("gone", 01600, true);
  put("attribute-only", 0644, true);
  put("mode-only", 01600, false);
  REQUIRE(::setxattr(top.at("").c_str(), "user.cbuild.whiteouts", "y", 1, 0) == 0);
  const RootTree tree = stack_of({&top, &bottom});
  CHECK_FALSE(tree.stat("gone"));
  CHECK(names_in(tree, "") == "attribute-only kept mode-only ");
  const std::string tar = tar_of(top);
  CHECK(tar.find(".wh.gone") != std::string::npos);
  CHECK(tar.find(".wh.attribute-only") == std::string::npos);
  CHECK(tar.find(".wh.mode-only") == std::string::npos);

  top.directory("opaque");
  bottom.directory("opaque");
  bottom.file("opaque/f", "x");
  REQUIRE(::setxattr(top.at("opaque").c_str(), "user.cbuild.opaque", "y", 1, 0) == 0);
  CHECK(names_in(stack_of({&top, &bottom}), "opaque") == "");
  CHECK(tar_of(top).find("opaque/.wh..wh..opq") != std::string::npos);

  const Tree nothing;
  drop_idle_whiteouts(top.fd(), stack_of({&nothing}));
  CHECK_FALSE(top.stat("gone"));
  CHECK(top.stat("mode-only"));
}

TEST_CASE("an opaque directory shows nothing from below") {
  const Tree top;
  const Tree bottom;
  top.directory("d");
  top.directory("d/inner");
  set_opaque(top, "d");
  top.file("d/new", "x");
  bottom.directory("d");
  bottom.directory("d/inner");
  bottom.file("d/inner/f", "x");
  const RootTree tree = stack_of({&top, &bottom});
  CHECK(names_in(tree, "d") == "inner new ");
  CHECK(names_in(tree, "d/inner") == "");
}

TEST_CASE("a file between two directories of a name keeps them apart") {
  const Tree top;
  const Tree middle;
  const Tree bottom;
  top.directory("d");
  middle.file("d", "x");
  bottom.directory("d");
  bottom.file("d/f", "x");
  CHECK(names_in(stack_of({&top, &middle, &bottom}), "d") == "");
  CHECK(names_in(stack_of({&middle, &bottom}), "d") == "none");
}

TEST_CASE("links lead through all layers, and never out") {
  const Tree top;
  const Tree bottom;
  top.directory("etc");
  top.link("etc/to-usr", "/usr/lib/x");
  top.link("up", "../../../../etc");
  bottom.directory("usr");
  bottom.link("lib", "usr/lib");
  bottom.directory("usr/lib");
  bottom.file("usr/lib/x", "found");
  const RootTree tree = stack_of({&top, &bottom});
  CHECK(text_of(tree, "etc/to-usr") == "found");
  CHECK(text_of(tree, "lib/x") == "found");
  CHECK(text_of(tree, "up/to-usr") == "found");
  CHECK(tree.resolve("lib/../lib/x") == "/usr/lib/x");
  CHECK(tree.resolve("up/none/deeper") == "/etc/none/deeper");
  CHECK(tree.resolve("/") == "/");
  CHECK(S_ISLNK(tree.stat("lib")->st_mode));
  CHECK_FALSE(tree.directory("lib", /*follow=*/false));
  CHECK(tree.directory("lib") != nullptr);
}

TEST_CASE("a loop of links is an error, in a stack as in a directory") {
  const Tree layer;
  layer.link("a", "b");
  layer.link("b", "a");
  for (const RootTree& tree : {stack_of({&layer}), tree_of(layer)}) {
    try {
      (void)tree.resolve("a/x");
      FAIL("resolved");
    } catch (const SysError& error) {
      CHECK(error.code() == ELOOP);
    }
  }
}

TEST_CASE("an ordinary tree has no deletions: a device is a device") {
  const Tree tree;
  white_out(tree, "null");
  CHECK(S_ISCHR(tree_of(tree).stat("null")->st_mode));
  CHECK(names_in(tree_of(tree), "") == "null ");
}

TEST_CASE("a whole stack is written as one tree, however deep") {
  const Tree top;
  const Tree bottom;
  constexpr int kDepth = 300;
  for (const Tree* tree : {&top, &bottom}) {
    std::string path;
    for (int i = 0; i < kDepth; ++i) {
      path += path.empty() ? "d" : "/d";
      tree->directory(path);
    }
    tree->file(path + (tree == &top ? "/a" : "/b"), "x");
  }
  top.file("z", "top");
  bottom.file("z", "bottom");
  StringSink sink;
  write_tar(stack_of({&top, &bottom}), sink, {});
  const std::string bytes = sink.take();
  CHECK(bytes.find("top") != std::string::npos);
  CHECK(bytes.find("bottom") == std::string::npos);
  const Tree copy;
  apply_text(bytes, copy);
  std::string deepest = "d";
  for (int i = 1; i < kDepth; ++i)
    deepest += "/d";
  CHECK(copy.stat(deepest + "/a"));
  CHECK(copy.stat(deepest + "/b"));
}

}  // namespace cbuild::layer
