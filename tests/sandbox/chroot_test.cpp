// Rules of what a step sees where it is isolated by chroot, and of what is left of it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "cbuild/util/fs.h"
#include "tests/sandbox/chroot_fixture.h"

namespace cbuild::sandbox {

namespace {

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

}  // namespace

TEST_CASE("an ordinary user is refused isolation by chroot, with the reason") {
  if (::geteuid() == 0) return;
  const CancelToken cancel;
  const Workspace wanted(cancel, {.wanted = Isolation::chroot, .environment = {}});
  const std::string told = error_of([&] { (void)wanted.isolation(); });
  CHECK(told.find("isolation by chroot needs root") != std::string::npos);
}

TEST_CASE("a step in a chroot has devices, files about the machine, hosts and resolv.conf") {
  ChrootFixture root;
  root.spec.hosts = "127.0.0.1 localhost\n";
  root.spec.resolv_conf = "nameserver 192.0.2.1\n";
  CHECK(root.sh("cat /etc/hosts /etc/resolv.conf") ==
        "127.0.0.1 localhost\n127.0.0.1 " + host_name() + "\nnameserver 192.0.2.1\n");
  CHECK(root.sh("echo lost >/dev/null; head -c 4 /dev/zero | wc -c; ls /sys") == "4\n");
  CHECK(root.sh("stat -c '%a %F' /dev/shm /dev/urandom") ==
        "1777 directory\n666 character special file\n");
  CHECK(root.sh("grep -c MemTotal /proc/meminfo; cat /proc/sys/kernel/ostype") == "1\nLinux\n");
  CHECK(root.sh("ls /proc/1 2>/dev/null || echo none") == "none\n");
  CHECK(root.changes() == "");
}

TEST_CASE("what a step in a chroot writes to /dev/stdout and /dev/stderr is its output") {
  ChrootFixture root;
  root.spec.uid = 1234;
  const Outcome outcome = root.run({"sh", "-c", "echo out >/dev/stdout; echo err >/dev/stderr"});
  CHECK(outcome.out == "out\n");
  CHECK(outcome.err == "err\n");
  CHECK(root.run({"sh", "-c", "dd if=/dev/zero bs=1000 count=300 2>/dev/null >/dev/stdout"})
            .out.size() == 300'000);
  CHECK(root.sh("cat /dev/stdin") == "");
}

TEST_CASE("only what a step in a chroot has changed is left") {
  ChrootFixture root;
  root.sh("echo x >/new; chmod 700 /root");
  // The step itself has changed the times of "/".
  CHECK(root.changes() == "lower\nlower/new\nlower/root\n");
}

TEST_CASE("what the image has at the places of mounts returns unchanged") {
  ChrootFixture root;
  write_file(root.at("dev/mine"), "device");
  write_file(root.at("proc/mine"), "process");
  write_file(root.at("etc/hosts"), "image\n");
  write_file(root.at("target/in-image"), "image");
  fs::create_symlink("../run/stub.conf", root.at("etc/resolv.conf"));
  root.begin();
  root.spec.hosts = "step\n";
  root.spec.mounts = {TmpfsMount{.target = "/target"},
                      MemoryFile{.target = "/bin/probe", .content = "#!/bin/sh\n", .mode = 0755}};
  CHECK(root.sh("ls /target /dev/mine /proc/mine 2>/dev/null; grep step /etc/hosts; touch "
                "/target/x /dev/x /proc/x; ls /target") == "/target:\nstep\nx\n");
  CHECK(root.changes() == "");
}

TEST_CASE("a step in a chroot may replace and move what stands for a mount") {
  ChrootFixture root;
  write_file(root.at("etc/hosts"), "image\n");
  write_file(root.at("data/in-image"), "image");
  root.begin();
  root.spec.mounts = {TmpfsMount{.target = "/data"}};
  root.sh("echo own >/etc/new && mv /etc/new /etc/hosts; mv /data /moved; mkdir /data");
  CHECK(read_file(root.at("etc/hosts")) == "image\n");
  CHECK(fs::exists(root.at("data/in-image")));
  CHECK(!fs::exists(root.at("moved")));
}

TEST_CASE("mounts of a step in a chroot are copies, moved directories and files") {
  ChrootFixture root;
  write_file(root.base / "cache/old", "old\n");
  write_file(root.base / "context/dir/file", "context\n");
  fs::create_symlink("dir/file", root.base / "context/link");
  write_file(root.base / "single", "single\n");
  root.begin();
  const Fd cache = open_file((root.base / "cache").string(), O_PATH | O_DIRECTORY);
  const Fd context = open_file((root.base / "context").string(), O_PATH | O_DIRECTORY);
  const Fd single = open_file((root.base / "single").string(), O_PATH);
  root.spec.mounts = {
      BindMount{cache.get(), "/var/cache", false}, BindMount{context.get(), "/src", true},
      BindMount{single.get(), "/one", true},
      MemoryFile{.target = "/run/s", .content = "secret\n", .mode = 0440, .uid = 7, .gid = 8}};
  CHECK(root.sh("cat /var/cache/old /src/link /one /run/s; stat -c '%a %u %g' /run/s; "
                "echo new >/var/cache/new; echo bad >/src/dir/file; echo bad >/one") ==
        "old\ncontext\nsingle\nsecret\n440 7 8\n");
  CHECK(root.changes() == "");
  CHECK(read_file((root.base / "cache/new").string()) == "new\n");
  CHECK(read_file((root.base / "context/dir/file").string()) == "context\n");
  CHECK(read_file((root.base / "single").string()) == "single\n");
}

TEST_CASE("mounts of a step in a chroot lie within each other, and beneath links of the image") {
  ChrootFixture root;
  fs::create_directories(root.at("real"));
  fs::create_symlink("/real", root.at("link"));
  fs::create_symlink("../../../../../../..", root.at("up"));
  fs::create_directories(root.base / "cache");
  root.begin();
  const Fd cache = open_file((root.base / "cache").string(), O_PATH | O_DIRECTORY);
  root.spec.mounts = {BindMount{cache.get(), "/link/cache", false},
                      TmpfsMount{.target = "/link/cache/inner"},
                      MemoryFile{.target = "/up/canary", .content = "inside"}};
  CHECK(root.sh("touch /real/cache/kept /real/cache/inner/lost; cat /canary") == "inside");
  CHECK(root.changes() == "");
  CHECK(tree_of(root.base / "cache") == Paths{"inner", "kept"});
  CHECK(fs::is_empty(root.base / "canary"));
}

TEST_CASE("hard links and renames across a mount of a chroot lead to nothing outside") {
  ChrootFixture root;
  write_file(root.base / "cache/file", "cache\n");
  write_file(root.base / "cache/pair", "pair\n");
  fs::create_hard_link(root.base / "cache/pair", root.base / "cache/twin");
  const Fd cache = open_file((root.base / "cache").string(), O_PATH | O_DIRECTORY);
  root.spec.mounts = {BindMount{cache.get(), "/cache", false},
                      MemoryFile{.target = "/secret", .content = "hunter2"}};
  root.sh("ln /cache/file /linked; ln /secret /leaked; mv /secret /gone; mv /cache /elsewhere");
  CHECK(read_file(root.at("linked")) == "cache\n");
  CHECK(fs::hard_link_count(root.at("linked")) == 1);
  CHECK(fs::hard_link_count(root.base / "cache/twin") == 2);
  CHECK(read_file((root.base / "cache/file").string()) == "cache\n");
  CHECK(!fs::exists(root.at("elsewhere")));
  CHECK(!fs::exists(root.at("gone")));
  CHECK(fs::file_size(root.at("leaked")) == 0);
}

TEST_CASE("a cache that a step in a chroot has removed is there again, empty") {
  ChrootFixture root;
  write_file(root.base / "cache/file", "x");
  const Fd cache = open_file((root.base / "cache").string(), O_PATH | O_DIRECTORY);
  root.spec.mounts = {BindMount{cache.get(), "/cache", false}};
  root.sh("rm -r /cache");
  CHECK(tree_of(root.base / "cache") == Paths{});
  CHECK(!fs::exists(root.at("cache")));
}

TEST_CASE("a socket that is mounted in a chroot leads to its server") {
  ChrootFixture root;
  const std::string path = (root.base / "agent").string();
  const Fd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const Fd socket = open_file(path, O_PATH);
  root.spec.mounts = {BindMount{socket.get(), "/run/agent", true}};
  CHECK(root.sh("stat -c %F%h /run/agent") == "socket2\n");
  CHECK(!fs::exists(root.at("run/agent")));
}

TEST_CASE("a mount point of another kind is refused, and the root is as before") {
  ChrootFixture root;
  write_file(root.at("file"), "x");
  fs::create_symlink("/", root.at("root-again"));
  fs::create_directories(root.base / "cache");
  root.begin();
  const Fd cache = open_file((root.base / "cache").string(), O_PATH | O_DIRECTORY);
  const auto refusal = [&](Mount mount) {
    root.spec.mounts = {TmpfsMount{.target = "/before"}, std::move(mount)};
    return error_of([&] { root.run({"true"}); });
  };
  CHECK(refusal(TmpfsMount{.target = "/file"}).find("cannot mount a directory on /file") == 0);
  CHECK(refusal(MemoryFile{.target = "/bin", .content = ""}).find("cannot mount a file on /bin") ==
        0);
  CHECK(refusal(BindMount{cache.get(), "/file", false}).find("cannot mount a directory") == 0);
  CHECK(refusal(TmpfsMount{.target = "/root-again"}) != "");
  CHECK(root.changes() == "");
  CHECK(fs::exists(root.base / "cache"));
}

TEST_CASE("a step in a chroot is another user, with its groups and its exit code") {
  ChrootFixture root;
  root.spec.uid = 12;
  root.spec.gid = 34;
  root.spec.groups = {56};
  CHECK(root.sh("id") == "uid=12 gid=34 groups=56\n");
  CHECK(root.run({"sh", "-c", "exit 9"}).status.code == 9);
  CHECK(root.run({"sh", "-c", "kill -9 $$"}).status.signal == 9);
  CHECK(root.run({"missing"}).status.exec_error == ENOENT);
}

}  // namespace cbuild::sandbox
