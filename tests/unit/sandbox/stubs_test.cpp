// Rules of stubs: what is made for a mount, and what is removed after the step.
#include "src/sandbox/stubs.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/mount.h"
#include "src/sandbox/report.h"
#include "tests/support/temporary_directory.h"

namespace cbuild::sandbox {

namespace {

/// A root that is its own upper directory: nothing has to be copied up.
class Root {
 public:
  Root() {
    make_directories(at(""));
    fd_ = open_directory(at(""));
    view_ = {fd_.get(), fd_.get(), mount_id_of(fd_.get()), stubs_.get()};
  }

  std::string at(const std::string& path) const { return base_.at("upper/" + path); }

  void write(const std::string& path) const { open_file(at(path), O_WRONLY | O_CREAT | O_TRUNC); }

  bool make(const char* path, bool directory = true) {
    return static_cast<bool>(Fd(make_stub(view_, path, directory)));
  }

  /// What the mounts would look like to the step.
  void finish() { finish_stubs(view_); }

  void remove() { remove_stubs({base_.path(), {"lower"}, "upper", "work"}, *stubs_); }

  std::vector<std::string> noted() const {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < stubs_->count; ++i)
      paths.emplace_back(stubs_->entries[i].path.data());
    return paths;
  }

  bool has(const std::string& path) const {
    return std::filesystem::exists(std::filesystem::symlink_status(at(path)));
  }

  RootView& view() { return view_; }

  StubList& stubs() { return *stubs_; }

 private:
  TemporaryDirectory base_;
  std::unique_ptr<StubList> stubs_ = std::make_unique<StubList>();
  Fd fd_;
  RootView view_;
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("make_stub makes and notes what is missing, and only that") {
  Root root;
  make_directories(root.at("etc"));
  CHECK(root.make("/etc"));
  CHECK(root.noted().empty());
  CHECK(root.make("//etc/./a/b", /*directory=*/false));
  CHECK(root.noted() == Paths{"etc/a", "etc/a/b"});
  CHECK(std::filesystem::is_directory(root.at("etc/a")));
  CHECK(std::filesystem::is_regular_file(root.at("etc/a/b")));
}

TEST_CASE("make_stub resolves links and parents inside the root") {
  Root root;
  std::filesystem::create_symlink("/real", root.at("link"));
  CHECK(root.make("/link/../../new"));
  CHECK(root.make("/link/x"));
  CHECK(root.noted() == Paths{"real", "new", "real/x"});
}

TEST_CASE("make_stub refuses a ring of links, a file for a parent, and a name too long") {
  Root root;
  std::filesystem::create_symlink("ring", root.at("ring"));
  root.write("file");
  const auto error_for = [&](const std::string& path) {
    return root.make(path.c_str()) ? 0 : errno;
  };
  CHECK(error_for("/ring/a") == ELOOP);
  CHECK(error_for("/file/a") == ENOTDIR);
  CHECK(error_for("/" + std::string(PATH_MAX, 'a')) == ENAMETOOLONG);
  CHECK(root.noted().empty());
}

TEST_CASE("make_stub notes nothing beside the upper directory, and no more than fits") {
  Root root;
  root.view().upper = -1;
  CHECK(root.make("/a"));
  CHECK(root.noted().empty());
  root.view().upper = root.view().root;
  root.stubs().count = root.stubs().entries.size();
  CHECK(!root.make("/b"));
  CHECK(errno == E2BIG);
  root.stubs().count = 0;
}

TEST_CASE("remove_stubs takes out what the step left alone, parents included") {
  Root root;
  CHECK(root.make("/a/b/c"));
  CHECK(root.make("/f", /*directory=*/false));
  root.finish();
  root.remove();
  CHECK(!root.has("a"));
  CHECK(!root.has("f"));
}

TEST_CASE("remove_stubs leaves what the step filled or replaced") {
  Root root;
  for (const char* path : {"/filled/in", "/replaced", "/changed", "/linked/in"})
    CHECK(root.make(path));
  root.finish();
  root.write("filled/by-step");
  // The first is kept until the second is there: the number of the inode must not come again.
  std::filesystem::rename(root.at("replaced"), root.at("old"));
  make_directories(root.at("replaced"));
  CHECK(::chmod(root.at("changed").c_str(), 0700) == 0);
  std::filesystem::rename(root.at("linked"), root.at("moved"));
  std::filesystem::create_symlink("moved", root.at("linked"));
  root.remove();
  CHECK(!root.has("filled/in"));
  for (const char* path : {"filled", "filled/by-step", "replaced", "changed", "linked", "moved/in"})
    CHECK_MESSAGE(root.has(path), path);
}

TEST_CASE("remove_stubs takes out a copied-up directory unless its times changed") {
  Root root;
  for (const char* path : {"same", "touched"}) {
    make_directories(root.at(path));
    StubEntry& entry = root.stubs().entries[root.stubs().count++];
    std::strcpy(entry.path.data(), path);
  }
  root.finish();
  const timespec times[] = {{0, UTIME_OMIT}, {1, 0}};
  CHECK(::utimensat(AT_FDCWD, root.at("touched").c_str(), times, 0) == 0);
  root.remove();
  CHECK(!root.has("same"));
  CHECK(root.has("touched"));
}

TEST_CASE("stubs leave the modification time of their directory as it was") {
  Root root;
  make_directories(root.at("d"));
  const timespec times[] = {{0, UTIME_OMIT}, {1234567, 89}};
  CHECK(::utimensat(AT_FDCWD, root.at("d").c_str(), times, 0) == 0);
  const auto is_as_it_was = [&] {
    struct stat status {};

    return ::stat(root.at("d").c_str(), &status) == 0 && status.st_mtim.tv_sec == 1234567 &&
           status.st_mtim.tv_nsec == 89;
  };
  CHECK(root.make("/d/x"));
  CHECK(is_as_it_was());
  root.finish();
  root.remove();
  CHECK(!root.has("d/x"));
  CHECK(is_as_it_was());
}

TEST_CASE("remove_stubs does nothing to a root without an upper directory") {
  const auto stubs = std::make_unique<StubList>();
  stubs->count = 1;
  CHECK_NOTHROW(remove_stubs({"/does-not-exist", {"lower"}, "", ""}, *stubs));
  CHECK_THROWS_AS(remove_stubs({"/does-not-exist", {"lower"}, "u", "w"}, *stubs), SysError);
}

}  // namespace cbuild::sandbox
