// The wall of the house: no path leads out of a root.
#include "cbuild/util/rootfs_path.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "tests/support/temporary_directory.h"

namespace cbuild {

namespace {

/// A root with files, links of every kind, and a secret beside it.
class House {
 public:
  House() {
    write_file_atomically(outer_.at("secret"), "secret");
    make_directories(outer_.at("root/etc"));
    make_directories(outer_.at("root/a/b"));
    write_file_atomically(outer_.at("root/etc/passwd"), "inside");
    write_file_atomically(outer_.at("root/a/b/file"), "file");
    root_ = open_directory(outer_.at("root"));
  }

  const Fd& root() const { return root_; }

  /// The absolute path of what no path in the root may reach.
  std::string secret() const { return outer_.at("secret"); }

  void link(const std::string& name, const std::string& target) const {
    REQUIRE(::symlinkat(target.c_str(), root_.get(), name.c_str()) == 0);
  }

  /// The content of the file that a path leads to.
  std::string read(std::string_view path) const {
    FdSource source(open_in_root(root_, path, O_RDONLY));
    return read_all(source, 100);
  }

  bool is_there(std::string_view path) const {
    return try_open_in_root(root_, path, O_PATH).has_value();
  }

  /// The errno with which a path cannot be opened; 0 when it can.
  int refusal(std::string_view path, int flags = O_RDONLY, mode_t mode = 0) const {
    try {
      (void)open_in_root(root_, path, flags, mode);
      return 0;
    } catch (const SysError& error) {
      return error.code();
    }
  }

  std::string resolve(std::string_view path) const { return resolve_in_root(root_, path); }

 private:
  TemporaryDirectory outer_;
  Fd root_;
};

/// Whether two descriptors are of one file.
bool same(const Fd& a, const Fd& b) {
  struct stat first {};

  struct stat second {};

  return ::fstat(a.get(), &first) == 0 && ::fstat(b.get(), &second) == 0 &&
         first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

}  // namespace

TEST_CASE("a path is one of the root, absolute or not") {
  const House house;
  for (const char* path : {"etc/passwd", "/etc/passwd", "./etc//passwd", "/a/../etc/./passwd"}) {
    CAPTURE(path);
    CHECK(house.read(path) == "inside");
  }
  for (const char* path : {"", "/", ".", "a/.."}) {
    CAPTURE(path);
    CHECK(same(open_in_root(house.root(), path, O_PATH), house.root()));
  }
}

TEST_CASE("'..' does not lead above the root") {
  const House house;
  for (const char* path : {"..", "/..", "../..", "a/../../..", "a/b/../../../../.."}) {
    CAPTURE(path);
    CHECK(same(open_in_root(house.root(), path, O_PATH), house.root()));
  }
  CHECK(house.refusal("../secret") == ENOENT);
  CHECK(house.read("../../etc/passwd") == "inside");
}

TEST_CASE("links stay in the root, wherever they point") {
  const House house;
  house.link("absolute", "/etc/passwd");
  house.link("relative", "etc/passwd");
  house.link("up", "../../../../etc/passwd");
  house.link("a/b/up", "../../../../../etc");
  house.link("slash", "/");
  CHECK(house.read("absolute") == "inside");
  CHECK(house.read("relative") == "inside");
  CHECK(house.read("up") == "inside");
  CHECK(house.read("a/b/up/passwd") == "inside");
  CHECK(same(open_in_root(house.root(), "slash", O_PATH), house.root()));
}

TEST_CASE("a link to the outside finds nothing there") {
  const House house;
  house.link("out", house.secret());
  house.link("beside", "../secret");
  house.link("chain", "out");
  for (const char* path : {"out", "beside", "chain"}) {
    CAPTURE(path);
    CHECK(house.refusal(path) == ENOENT);
    CHECK_FALSE(house.is_there(path));
  }
}

TEST_CASE("a file that is made through a link is made in the root") {
  const House house;
  house.link("new", "/../../etc/made");
  CHECK(house.refusal("new", O_WRONLY | O_CREAT, 0600) == 0);
  CHECK(house.is_there("etc/made"));
  house.link("away", house.secret() + ".new");
  CHECK(house.refusal("away", O_WRONLY | O_CREAT, 0600) == ENOENT);
  CHECK_FALSE(read_file_if_exists(house.secret() + ".new").has_value());
}

TEST_CASE("O_NOFOLLOW stops at the last link only") {
  const House house;
  house.link("file", "etc/passwd");
  house.link("folder", "etc");
  CHECK(house.refusal("file", O_RDONLY | O_NOFOLLOW) == ELOOP);
  CHECK(house.refusal("folder/passwd", O_RDONLY | O_NOFOLLOW) == 0);
}

TEST_CASE("magic links of /proc are refused") {
  const Fd proc = open_directory("/proc");
  for (const char* path : {"self/root", "self/cwd", "self/exe", "self/fd/0"}) {
    CAPTURE(path);
    CHECK_THROWS_AS((void)open_in_root(proc, path, O_PATH), SysError);
    CHECK_THROWS_AS((void)try_open_in_root(proc, path, O_PATH), SysError);
  }
}

TEST_CASE("a loop of links is an error and no absence") {
  const House house;
  house.link("ouro", "boros");
  house.link("boros", "ouro");
  house.link("self", "self/deeper");
  for (const char* path : {"ouro", "self"}) {
    CAPTURE(path);
    CHECK(house.refusal(path) == ELOOP);
    CHECK_THROWS_AS((void)house.is_there(path), SysError);
    CHECK_THROWS_AS((void)house.resolve(path), SysError);
  }
}

TEST_CASE("what is missing, and what is beneath a file, does not exist") {
  const House house;
  CHECK(house.refusal("nowhere") == ENOENT);
  CHECK_FALSE(house.is_there("nowhere"));
  CHECK_FALSE(house.is_there("nowhere/deeper"));
  CHECK(house.refusal("etc/passwd/deeper") == ENOTDIR);
  CHECK_FALSE(house.is_there("etc/passwd/deeper"));
  CHECK_FALSE(house.is_there("etc/passwd/"));
  CHECK(house.is_there("etc/"));
}

TEST_CASE("descriptors are closed on exec, and the message names the path") {
  const House house;
  const Fd fd = open_in_root(house.root(), "etc", O_RDONLY);
  CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK_THROWS_WITH_AS((void)open_in_root(house.root(), "no/such", O_RDONLY),
                       "open no/such: No such file or directory", SysError);
}

TEST_CASE("resolving follows all links and yields an absolute, clean path") {
  const House house;
  house.link("absolute", "/a/b");
  house.link("a/relative", "b");
  house.link("up", "../../a");
  house.link("chain", "up/relative");

  struct Row {
    const char* path;
    const char* resolved;
  };

  for (const Row& row : {
           Row{"", "/"},
           {"/", "/"},
           {"..", "/"},
           {"/a/b/file", "/a/b/file"},
           {"a//b/./file", "/a/b/file"},
           {"absolute/file", "/a/b/file"},
           {"a/relative/file", "/a/b/file"},
           {"chain", "/a/b"},
           {"chain/", "/a/b"},
           {"chain/..", "/a"},  // that of the target, as the kernel does
           {"up/../etc", "/etc"},
       }) {
    CAPTURE(row.path);
    CHECK(house.resolve(row.path) == row.resolved);
  }
}

TEST_CASE("resolving keeps what does not exist yet") {
  const House house;
  house.link("dangling", "/a/new");
  house.link("out", house.secret());
  CHECK(house.resolve("a/missing/deeper") == "/a/missing/deeper");
  CHECK(house.resolve("missing/../etc") == "/etc");
  CHECK(house.resolve("dangling/deeper") == "/a/new/deeper");
  CHECK(house.resolve("out") == house.secret());  // a path inside the root, with nothing there
}

TEST_CASE("forty links are followed, one more is a loop") {
  const House house;
  house.link("l0", "etc");
  for (int i = 1; i <= 40; ++i)
    house.link(fmt::format("l{}", i), fmt::format("l{}", i - 1));
  CHECK(house.resolve("l39") == "/etc");
  CHECK(house.is_there("l39"));
  CHECK_THROWS_AS((void)house.resolve("l40"), SysError);
  CHECK(house.refusal("l40") == ELOOP);
}

TEST_CASE("cleaning is a matter of text") {
  struct Row {
    const char* base;
    const char* path;
    const char* cleaned;
  };

  for (const Row& row : {
           Row{"/", "", "/"},
           {"/", "a", "/a"},
           {"", "a", "/a"},
           {"/w", "a/b", "/w/a/b"},
           {"/w", "/a/b", "/a/b"},
           {"/w", ".", "/w"},
           {"/w", "..", "/"},
           {"/w", "../../..", "/"},
           {"/w", "../../a", "/a"},
           {"/w/", "a//b///c/", "/w/a/b/c"},
           {"/w", "a/./b/../c", "/w/a/c"},
           {"/w", "...", "/w/..."},
           {"w", "a", "/w/a"},
       }) {
    CAPTURE(row.base);
    CAPTURE(row.path);
    CHECK(clean_path(row.base, row.path) == row.cleaned);
  }
}

}  // namespace cbuild
