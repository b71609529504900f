// Rules of the root file system and the mounts of a sandbox, and of what they leave behind.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cbuild/sandbox/detached_mount.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

TEST_CASE("a plain directory is a root file system, too, without an overlay") {
  Root root;
  root.spec.root = {root.base, {}, "lower", ""};
  root.spec.mounts = {TmpfsMount{.target = "/made/here"}};
  root.spec.hosts = "127.0.0.1 localhost\n";
  const Paths before = tree_of(root.base / "lower");
  CHECK(root.sh("cat /etc/hosts; touch /made/here/lost; echo x >/new") == "127.0.0.1 localhost\n");
  Paths after = before;
  after.insert("new");
  CHECK(tree_of(root.base / "lower") == after);
  CHECK(fs::is_empty(root.upper()));
}

TEST_CASE("more mount points than can be made are an error that names the number") {
  Root root;
  for (int i = 0; i < 300; ++i)
    root.spec.mounts.push_back(TmpfsMount{.target = "/many/" + std::to_string(i)});
  const std::string told = error_of([&] { root.run({"true"}); });
  CAPTURE(told);
  CHECK(told.find("cannot mount on /many/2") == 0);
  CHECK(told.find("at most 256 directories") != std::string::npos);
  CHECK(told.find("in an earlier step") != std::string::npos);
}

TEST_CASE("changes are in the upper directory, mount points are not") {
  Root root;
  root.spec.resolv_conf = "nameserver 192.0.2.1\n";
  root.spec.hosts = "192.0.2.2 there\n";
  root.spec.mounts = {TmpfsMount{.target = "/var/cache/x"},
                      MemoryFile{.target = "/run/secrets/s", .content = "secret"}};
  CHECK(root.sh("cat /etc/resolv.conf /etc/hosts") == *root.spec.resolv_conf + *root.spec.hosts);
  CHECK(tree_of(root.upper()).empty());

  root.sh("rm -r /root; echo x > /tmp/new; mkdir -p /run/mine /etc/conf.d; touch /var/cache/kept");
  CHECK(tree_of(root.upper()) == Paths{"etc", "etc/conf.d", "root", "run", "run/mine", "tmp",
                                       "tmp/new", "var", "var/cache", "var/cache/kept"});

  struct stat status {};

  REQUIRE(::lstat((root.upper() / "root").c_str(), &status) == 0);
  CHECK(S_ISCHR(status.st_mode));  // a whiteout
  CHECK(status.st_rdev == 0);
}

TEST_CASE("directories that only we touched are not in the layer") {
  Root root;
  fs::create_directories(root.base / "lower/etc");
  fs::last_write_time(root.base / "lower/etc",
                      fs::file_time_type::clock::now() - std::chrono::hours(9));
  const auto before = fs::last_write_time(root.upper());
  const auto etc_before = fs::last_write_time(root.base / "lower/etc");
  root.sh("true");
  CHECK(tree_of(root.upper()).empty());
  CHECK(fs::last_write_time(root.upper()) == before);

  root.sh("stat -c %Y /etc >/tmp/time");
  root.sh("chmod 0700 /etc");
  CHECK(tree_of(root.upper()) == Paths{"etc", "tmp", "tmp/time"});
  CHECK(fs::status(root.upper() / "etc").permissions() == fs::perms(0700));
  CHECK(fs::last_write_time(root.upper() / "etc") == etc_before);

  root.sh("touch /etc/x; rm /etc/x");  // its time changed: that is a change
  CHECK(fs::last_write_time(root.upper() / "etc") > etc_before);
}

TEST_CASE("removing mount points follows no link and takes away nothing else") {
  Root root;
  write_file(root.base / "canary/b/secret", "canary");
  root.spec.mounts = {MemoryFile{.target = "/a/b/secret", .content = "secret"}};
  root.sh("mv /a /c && ln -s " + (root.base / "canary").string() + " /a");
  CHECK(tree_of(root.base / "canary") == Paths{"b", "b/secret"});
  CHECK(fs::is_symlink(root.upper() / "a"));
  root.sh("rm /a; mkdir -p /d");
  root.spec.mounts = {TmpfsMount{.target = "/d/e"}};
  root.sh("mv /d /f; mkdir -p /d/e; touch /d/e/mine");
  CHECK(fs::exists(root.upper() / "d/e/mine"));
}

TEST_CASE("links of the image cannot lead mounts out of the root") {
  Root root;
  const std::string canary = (root.base / "canary").string();
  write_file(root.base / "canary/null", "canary");
  const auto lower = root.base / "lower";
  fs::create_symlink("/../../../../../../../../devices", lower / "dev");
  fs::create_symlink("x", lower / "proc");
  fs::create_symlink(canary + "/kernel", lower / "sys");
  fs::create_symlink(canary, lower / "out");
  fs::create_symlink(canary + "/resolv.conf", lower / "tmp/resolv");
  fs::create_directories(lower / "etc");
  fs::create_symlink("../../../tmp/resolv", lower / "etc/resolv.conf");
  root.spec.resolv_conf = "nameserver 192.0.2.1\n";
  root.spec.mounts = {MemoryFile{.target = "/out/deep/file", .content = "inside"}};
  CHECK(root.sh("cat /out/deep/file " + canary + "/deep/file; cat " + canary + "/resolv.conf") ==
        "insideinsidenameserver 192.0.2.1\n");
  CHECK(tree_of(root.base / "canary") == Paths{"null"});
  CHECK(tree_of(root.upper()).empty());

  fs::create_symlink("loop", lower / "loop");
  root.spec.mounts = {TmpfsMount{.target = "/loop"}};
  CHECK_THROWS_AS(root.run({"true"}), Error);
}

TEST_CASE("bind mounts show what they are given, and let write only where told") {
  Root root;
  write_file(root.base / "shared/file", "shared");
  const Fd directory = open_file(root.base / "shared", O_PATH | O_DIRECTORY);
  const Fd file = open_file(root.base / "shared/file", O_PATH);
  root.spec.mounts = {BindMount{.source = directory.get(), .target = "/ro"},
                      BindMount{.source = directory.get(), .target = "/rw", .read_only = false},
                      BindMount{.source = file.get(), .target = "/one/file"}};
  CHECK(root.sh("cat /ro/file /one/file; echo new > /rw/new; cat /ro/new") == "sharedsharednew\n");
  CHECK(root.run({"touch", "/ro/x"}).status.code == 1);
  CHECK(root.run({"sh", "-c", "echo x > /one/file"}).status.code == 1);
  CHECK(tree_of(root.base / "shared") == Paths{"file", "new"});
  CHECK(tree_of(root.upper()).empty());
}

TEST_CASE("an overlay can be bound, and written to without a trace below") {
  Root root;
  write_file(root.base / "one/d/a", "a");
  write_file(root.base / "two/d/b", "b");
  fs::create_directories(root.base / "scratch/upper");
  fs::create_directories(root.base / "scratch/work");
  const OverlayMount stage{root.base, {"one", "two"}, "", ""};
  const OverlayMount writable{root.base, {"one", "two"}, "scratch/upper", "scratch/work"};
  root.spec.mounts = {
      OverlayBind{.overlay = stage, .source = "/d", .target = "/from"},
      OverlayBind{.overlay = stage, .source = "d/a", .target = "/file"},
      OverlayBind{.overlay = writable, .source = "/", .target = "/own", .read_only = false}};
  CHECK(root.sh("ls /from; cat /file; echo x > /own/d/c; cat /own/d/c") == "a\nb\nax\n");
  CHECK(root.run({"touch", "/from/x"}).status.code == 1);
  CHECK(tree_of(root.base / "one") == Paths{"d", "d/a"});
  CHECK(tree_of(root.upper()).empty());
}

TEST_CASE("memory files have content, mode and owner, and are on no disk") {
  Root root;
  root.spec.mounts = {
      MemoryFile{.target = "/run/s", .content = std::string(100000, 's'), .uid = 5, .gid = 6},
      MemoryFile{.target = "/dev/pipes/EOF", .content = "#!/bin/sh\necho $0\n", .mode = 0755}};
  CHECK(root.sh("stat -c '%a %u %g %s' /run/s; /dev/pipes/EOF") ==
        "400 5 6 100000\n/dev/pipes/EOF\n");
  CHECK(root.run({"sh", "-c", "echo x > /run/s"}).status.code == 1);
  CHECK(tree_of(root.upper()).empty());
}

TEST_CASE("tmpfs mounts have size and mode") {
  Root root;
  root.spec.mounts = {TmpfsMount{.target = "/t", .size = 1 << 20, .mode = 0750}};
  CHECK(root.sh("stat -c %a /t") == "750\n");
  CHECK(root.run({"dd", "if=/dev/zero", "of=/t/x", "bs=1M", "count=2"}).status.code == 1);
  for (const char* target : {"/", "", "/."}) {
    root.spec.mounts = {TmpfsMount{.target = target}};
    CHECK_THROWS_AS(root.run({"true"}), Error);
  }
}

TEST_CASE("a root without upper directory is read-only") {
  Root root;
  for (const char* path : {"dev", "proc", "sys", "etc"})
    fs::create_directories(root.base / "lower" / path);
  for (const char* name : {"hosts", "resolv.conf"})
    write_file(root.base / "lower/etc" / name, "");
  fs::create_directories(root.base / "empty");
  for (const auto& lower : {std::vector<std::string>{"lower"}, {"empty", "lower"}}) {
    root.spec.root = {root.base, lower, "", ""};
    CHECK(root.run({"sh", "-c", "echo x > /tmp/x"}).status.code == 1);
  }
}

TEST_CASE("a root that cannot be mounted is told with its reason and what to do") {
  Root root;
  for (const char* name : {"below", "above", "scratch", "store"})
    fs::create_directories(root.base / name);
  const std::string store = root.base / "store";
  const std::string options = fmt::format(
      "userxattr,lowerdir={0}/below,upperdir={0}/above,workdir={0}/scratch", root.base.string());
  REQUIRE(::mount("overlay", store.c_str(), "overlay", 0, options.c_str()) == 0);
  for (const char* name : {"store/lower", "store/upper", "store/work"})
    fs::create_directories(root.base / name);
  root.spec.root = {store, {"lower"}, "upper", "work"};
  const std::string failed = error_of([&] { root.run({"true"}); });
  CHECK(failed.find("mount an overlay in " + store) != std::string::npos);
  CHECK(failed.find("Invalid argument") != std::string::npos);
  CHECK(failed.find("--root DIR") != std::string::npos);

  root.spec.root = {root.base, {"lower"}, "upper", "missing"};
  CHECK(error_of([&] { root.run({"true"}); }).find("No such file") != std::string::npos);
  ::umount2(store.c_str(), MNT_DETACH);
}

TEST_CASE("a detached mount is whole, writable, and leaves nothing mounted") {
  Root root;
  write_file(root.base / "one/a", "one");
  write_file(root.base / "two/b", "two");
  const std::string before = read_file("/proc/self/mountinfo");
  const std::string cwd = fs::current_path();
  const OverlayMount mount{root.base, {"one", "two"}, "upper", "work"};
  {
    const Fd fd = mount_detached(mount);
    CHECK(try_open_in_root(fd, "/a", O_RDONLY).has_value());
    CHECK(try_open_in_root(fd, "/../b", O_RDONLY).has_value());
    CHECK(open_in_root(fd, "new", O_WRONLY | O_CREAT | O_EXCL, 0644).get() >= 0);
    REQUIRE(::mkdirat(fd.get(), "directory", 0755) == 0);
    CHECK(list_directory(fd.get()).size() == 4);
  }
  CHECK(tree_of(root.upper()) == Paths{"directory", "new"});
  CHECK(read_file("/proc/self/mountinfo") == before);
  CHECK(fs::current_path() == cwd);
  {
    const Fd again = mount_detached(mount);  // although the last mount was volatile
    CHECK(try_open_in_root(again, "/new", O_RDONLY).has_value());
  }
  const Fd only = mount_detached({root.base, {"one"}, "", ""});
  CHECK(try_open_in_root(only, "/a", O_RDONLY).has_value());
  CHECK_THROWS_AS(mount_detached({root.base, {"one", "missing"}, "", ""}), Error);
}

}  // namespace cbuild::sandbox
