// COPY into the upper directory of a snapshot, above a plain directory as the view.
#include "src/ops/copy_files.h"

#include <doctest/doctest.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "cbuild/layer/compression.h"
#include "src/ops/upper.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

/// A context, a root file system below, and the upper directory in between.
struct Scene {
  TempTree context;
  TempTree view;
  TempTree upper;

  void copy(const graph::Copy& op, const std::function<void(const std::string&)>& unpack = {}) {
    FileTree tree = context_of(context);
    if (op.unpack_archives) tree = unpacking(std::move(tree));
    const Selection selection = select(std::move(tree), op, CancelToken());
    const layer::RootTree below = layer::tree_of(view);
    FileOwners owners;
    Upper target(upper.fd(), owners, below);
    const image::Ids owner = op.owner.empty() ? own_ids() : image::owner_of(op.owner, {});
    const CopyRequest request{op, selection, owner, false,
                              [&](const Archive& archive) { unpack(archive.destination); }};
    copy_files(request, target, CancelToken());
  }

  mode_t mode(const std::string& name) const {
    const auto status = upper.stat(name);
    return status ? status->st_mode & 07777 : 0;
  }
};

graph::Copy inline_copy(std::vector<graph::InlineFile> files, std::string destination) {
  graph::Copy op;
  op.inline_files = std::move(files);
  op.destination = std::move(destination);
  return op;
}

}  // namespace

TEST_CASE("where a file goes depends on the slash and on what is there") {
  struct Row {
    std::string destination;
    std::string comes_to;
  };

  const Row rows[] = {
      {"/new", "new"},        {"/new/", "new/a"},         {"/", "a"},
      {"/dir", "dir/a"},      {"/dir/", "dir/a"},         {"/deep/er/new", "deep/er/new"},
      {"/file", "file"},      {"/link", "dir/a"},         {"/to_file", "file"},
      {"/dangling", "gone"},  {"/link/x", "dir/x"},       {"/climbs/x", "x"},
      {"/dir/../new", "new"}, {"/x/../../../new", "new"}, {"/abs/y", "dir/y"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.destination);
    Scene scene;
    scene.context.file("a", "text");
    scene.view.directory("dir");
    scene.view.file("file", "old");
    scene.view.link("link", "dir");
    scene.view.link("abs", "/dir");
    scene.view.link("to_file", "/file");
    scene.view.link("dangling", "/gone");
    scene.view.link("climbs", "../../..");
    scene.copy(copy_of({"a"}, row.destination));
    REQUIRE(scene.upper.stat(row.comes_to));
    CHECK(scene.upper.text(row.comes_to) == "text");
  }
}

TEST_CASE("a directory gives its contents, with their modes, times, links and empty directories") {
  Scene scene;
  scene.context.directory("src", 0700);
  scene.context.directory("src/sub", 0750);
  scene.context.directory("src/sub/empty");
  scene.context.file("src/sub/tool", "x", 04755);
  scene.context.file("src/secret", "y", 0400);
  scene.context.link("src/link", "/etc/passwd");
  scene.context.set_time("src/link", 3000);
  scene.context.set_time("src/sub", 2000);
  REQUIRE(::mkfifo(scene.context.at("src/fifo").c_str(), 0622) == 0);
  scene.copy(copy_of({"src"}, "/app"));

  CHECK(scene.mode("app") == 0755);  // not that of src
  CHECK(scene.mode("app/sub") == 0750);
  CHECK(scene.upper.stat("app/sub")->st_mtim.tv_sec == 2000);
  CHECK(scene.mode("app/sub/tool") == 04755);
  CHECK(scene.upper.stat("app/sub/tool")->st_mtim.tv_sec == 1000);
  CHECK(scene.mode("app/secret") == 0400);
  CHECK(scene.upper.stat("app/sub/empty"));
  CHECK(read_link(scene.upper.fd().get(), "app/link") == "/etc/passwd");
  CHECK(scene.upper.stat("app/link")->st_mtim.tv_sec == 3000);
  CHECK(S_ISFIFO(scene.upper.stat("app/fifo")->st_mode));
}

TEST_CASE("directories merge with those below") {
  Scene scene;
  scene.context.directory("src");
  scene.context.directory("src/sub", 0711);
  scene.context.file("src/sub/f", "new");
  scene.view.directory("app", 0750);
  scene.view.directory("app/sub", 0700);
  scene.view.file("app/sub/f", "old");
  scene.copy(copy_of({"src"}, "/app"));
  CHECK(scene.mode("app") == 0750);
  CHECK(scene.mode("app/sub") == 0711);
  CHECK(scene.upper.text("app/sub/f") == "new");
  CHECK(scene.view.text("app/sub/f") == "old");
}

TEST_CASE("an entry below the destination replaces a link instead of following it") {
  Scene scene;
  scene.context.directory("src");
  scene.context.file("src/f", "new");
  scene.view.directory("app");
  scene.view.file("target", "old");
  scene.view.link("app/f", "/target");
  scene.copy(copy_of({"src"}, "/app"));
  CHECK(S_ISREG(scene.upper.stat("app/f")->st_mode));
  CHECK_FALSE(scene.upper.stat("target"));
}

TEST_CASE("files and directories do not replace each other") {
  Scene scene;
  scene.context.file("a", "file");
  scene.context.directory("b");
  scene.context.directory("b/a");
  scene.context.directory("src");
  scene.context.directory("src/x");
  scene.view.directory("app");
  scene.view.directory("app/a");
  scene.view.directory("other");
  scene.view.file("other/x", "");
  scene.view.file("plain", "");

  struct Row {
    graph::Copy op;
    std::string message;
  };

  const Row rows[] = {
      {copy_of({"a"}, "/app"), "cannot replace to directory /app/a with file"},
      {copy_of({"src"}, "/other"), "cannot copy to non-directory: /other/x"},
      {copy_of({"src"}, "/plain"), "cannot copy to non-directory: /plain"},
      {copy_of({"a"}, "/plain/x"), "cannot copy to non-directory: /plain"},
      {copy_of({"a", "b"}, "/new/"), "cannot copy to non-directory: /new/a"},
      {copy_of({"b", "a"}, "/new2/"), "cannot replace to directory /new2/a with file"},
      {copy_of({"a", "b"}, "/name"), "must be a directory and end with a / (write /name/)"},
      {copy_of({"a", "a"}, "/plain"), "must be a directory and end with a / (write /plain/)"},
      {inline_copy({{"x", ""}, {"y", ""}}, "/name"),
       "must be a directory and end with a / (write /name/)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const std::string message = error_of([&] { scene.copy(row.op); });
    CHECK_MESSAGE(holds(message, row.message), message);
  }
}

TEST_CASE("a later source replaces an earlier one") {
  Scene scene;
  for (const std::string name : {"one", "two"}) {
    scene.context.directory(name);
    scene.context.directory(name + "/sub", name == "one" ? 0700 : 0711);
    scene.context.file(name + "/sub/f", name, name == "one" ? 0600 : 0644);
  }
  scene.context.file("f", "top");
  scene.copy(copy_of({"one", "two"}, "/d/"));
  CHECK(scene.upper.text("d/sub/f") == "two");
  CHECK(scene.mode("d/sub/f") == 0644);
  CHECK(scene.mode("d/sub") == 0711);

  graph::Copy op = copy_of({"f"}, "/e/");
  op.inline_files = {{"f", "inline"}};
  scene.copy(op);
  CHECK(scene.upper.text("e/f") == "inline");
}

TEST_CASE("hard links among the copied files are kept") {
  Scene scene;
  scene.context.directory("src");
  scene.context.file("src/a", "x");
  REQUIRE(::link(scene.context.at("src/a").c_str(), scene.context.at("src/b").c_str()) == 0);
  REQUIRE(::link(scene.context.at("src/a").c_str(), scene.context.at("outside").c_str()) == 0);
  scene.copy(copy_of({"src"}, "/d"));
  CHECK(scene.upper.stat("d/a")->st_ino == scene.upper.stat("d/b")->st_ino);
  CHECK(scene.upper.stat("d/a")->st_nlink == 2);
}

TEST_CASE("--chmod: octal for the directories made too, symbolic for what is copied") {
  struct Row {
    std::string mode;
    mode_t destination, directory, file;
  };

  for (const Row& row : {Row{"700", 0700, 0700, 0700}, Row{"go=rX", 0755, 0755, 0644}}) {
    CAPTURE(row.mode);
    Scene scene;
    scene.context.directory("src");
    scene.context.directory("src/sub", 0700);
    scene.context.file("src/f", "", 0600);
    graph::Copy op = copy_of({"src"}, "/d");
    op.mode = row.mode;
    scene.copy(op);
    CHECK(scene.mode("d") == row.destination);
    CHECK(scene.mode("d/sub") == row.directory);
    CHECK(scene.mode("d/f") == row.file);
  }
  graph::Copy op = inline_copy({{"f", ""}}, "/f");
  op.mode = "no";
  Scene scene;
  CHECK(holds(error_of([&] { scene.copy(op); }), "'no' is not a file mode"));
}

TEST_CASE("--chown goes to files, links and the directories that are made") {
  if (!layer::is_root()) return;
  Scene scene;
  scene.context.directory("src");
  scene.context.file("src/f", "", 04755);
  scene.context.link("src/l", "f");
  scene.view.directory("old");
  graph::Copy op = copy_of({"src"}, "/old/new/er");
  op.owner = "55:66";
  scene.copy(op);
  for (const char* name : {"old/new", "old/new/er", "old/new/er/f", "old/new/er/l"}) {
    CAPTURE(name);
    CHECK(scene.upper.stat(name)->st_uid == 55);
    CHECK(scene.upper.stat(name)->st_gid == 66);
  }
  CHECK(scene.upper.stat("old")->st_uid == 0);
  CHECK(scene.mode("old/new/er/f") == 04755);
}

TEST_CASE("a setgid directory does not give its group to what is copied into it") {
  if (!layer::is_root()) return;
  Scene scene;
  scene.context.file("f", "");
  scene.view.directory("d");
  REQUIRE(::chown(scene.view.at("d").c_str(), 0, 50) == 0);
  REQUIRE(::chmod(scene.view.at("d").c_str(), 02775) == 0);
  scene.copy(copy_of({"f"}, "/d/"));
  CHECK(scene.mode("d") == 02775);
  CHECK(scene.upper.stat("d/f")->st_gid == 0);
}

TEST_CASE("user.* attributes come along where the file system has them") {
  Scene scene;
  scene.context.directory("src");
  scene.context.directory("src/sub");
  scene.context.file("src/f", "");
  for (const char* name : {"src/f", "src/sub"}) {
    if (::setxattr(scene.context.at(name).c_str(), "user.cbuild", "1", 1, 0) != 0) return;
  }
  scene.copy(copy_of({"src"}, "/d"));
  for (const char* name : {"d/f", "d/sub"}) {
    CAPTURE(name);
    CHECK(list_xattrs(scene.upper.at(name)).size() == 1);
  }
}

TEST_CASE("large files are copied whole") {
  Scene scene;
  std::string content(3 << 20, 'x');
  content += "end";
  scene.context.file("big", content);
  scene.copy(copy_of({"big"}, "/big"));
  CHECK(scene.upper.text("big") == content);
}

TEST_CASE("inline files have a fixed time and mode, and the destination's name") {
  Scene scene;
  scene.view.directory("dir");
  scene.copy(inline_copy({{"EOF", "text"}}, "/dir"));
  CHECK(scene.upper.text("dir/EOF") == "text");
  CHECK(scene.mode("dir/EOF") == 0644);
  CHECK(scene.upper.stat("dir/EOF")->st_mtim.tv_sec == 0);
  scene.copy(inline_copy({{"EOF", "text"}}, "/name"));
  CHECK(scene.upper.text("name") == "text");
  scene.copy(inline_copy({{"a", "1"}, {"b", "2"}}, "/both/"));
  CHECK(scene.upper.text("both/b") == "2");
}

TEST_CASE("a context that changes while it is copied is refused") {
  Scene scene;
  scene.context.file("f", "one");
  const graph::Copy op = copy_of({"f"}, "/f");
  const Selection selection = select_from(scene.context, op);
  scene.context.file("f", "other");
  const layer::RootTree below = layer::tree_of(scene.view);
  FileOwners owners;
  Upper upper(scene.upper.fd(), owners, below);
  const CopyRequest request{op, selection, own_ids(), false, {}};
  CHECK(holds(error_of([&] { copy_files(request, upper, CancelToken()); }), "f was changed while"));
}

TEST_CASE("what an archive leaves is looked at anew: its links lead nowhere") {
  const std::string tar = layer::Tar().file("x", "y").end().bytes;
  Scene scene;
  scene.context.file("pack.tar", tar);
  scene.context.directory("src");
  scene.context.directory("src/sub");
  scene.context.file("src/sub/f", "from src");
  const TempTree outside;
  outside.directory("sub", 0700);
  const auto unpack = [&](const std::string& path) {
    CHECK(path == "/d");
    CHECK(scene.upper.text("d/sub/f") == "from src");  // sources before it are there
    remove_tree(scene.upper.fd().get(), "d/sub");
    scene.upper.link("d/sub", outside.at("sub"));
  };

  graph::Copy op = copy_of({"src", "pack.tar"}, "/d/");
  op.unpack_archives = true;
  SUBCASE("archive last") {
    scene.copy(op, unpack);
  }
  SUBCASE("more behind it") {
    op.sources.emplace_back("src");
    const std::string message = error_of([&] { scene.copy(op, unpack); });
    CHECK_MESSAGE(holds(message, "cannot copy to non-directory: /d/sub"), message);
  }
  CHECK_FALSE(outside.stat("sub/f"));
  CHECK((outside.stat("sub")->st_mode & 0777) == 0700);
}

TEST_CASE("character device 0:0 would be a deletion to overlayfs") {
  Scene scene;
  if (::mknod(scene.context.at("dev").c_str(), S_IFCHR | 0600, makedev(0, 0)) != 0) return;
  CHECK(holds(error_of([&] { scene.copy(copy_of({"dev"}, "/dev")); }), "character device 0:0"));
}

}  // namespace cbuild::ops
