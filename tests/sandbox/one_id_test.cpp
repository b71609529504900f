// Rules of a sandbox whose user namespace has one id: owners and ids are emulated, and consistent.
// The program is started in a user namespace that maps its caller only.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "cbuild/sandbox/limits.h"
#include "cbuild/sandbox/process.h"
#include "cbuild/util/link_owners.h"
#include "cbuild/util/owner_record.h"
#include "tests/sandbox/fixture.h"
#include "tests/sandbox/streams.h"

namespace cbuild::sandbox {

namespace {

/// A root file system with owner_probe.
struct OneIdRoot : Root {
  OneIdRoot() {
    fs::copy_file(::getenv("CBUILD_OWNER_PROBE"), base / "lower/bin/owners");
    fs::create_directories(base / "lower/w");
    for (const char* applet : {"cp", "mkfifo", "chgrp", "su", "find"})
      fs::create_symlink("busybox", base / "lower/bin" / applet);
    spec.cwd = "/w";
  }

  /// The rules that do not hold.
  std::string broken(const std::string& rules) {
    const Outcome outcome = run({"owners", rules});
    CAPTURE(outcome.err);
    CHECK(outcome.status.code == 0);
    std::istringstream lines(outcome.out);
    std::string line;
    std::string broken;
    int count = 0;
    while (std::getline(lines, line)) {
      ++count;
      if (!line.ends_with(" ok")) broken += line + "\n";
    }
    CHECK(count > 0);
    return broken + (broken.empty() ? "" : outcome.err);
  }
};

/// A sandbox without an init, which others enter.
Process start_container(OneIdRoot& root, const std::string& script) {
  root.spec.init = false;
  root.spec.enterable = true;
  root.spec.network = NoNetwork{};
  Process process = start_script(root, script);
  REQUIRE(!process.await_start(never()));
  return process;
}

std::string sh_in(const Process& sandbox, const std::string& script, std::uint32_t uid = 0) {
  Command what;
  what.argv = {"sh", "-c", script};
  what.env = {"PATH=/bin"};
  what.uid = what.gid = uid;
  Fd write_end;
  const Fd out = capture(what, write_end);
  Process process = start_in(workspace(), sandbox, what);
  write_end = Fd();
  const std::string text = read_all(out);
  CHECK(process.wait(never()).ok());
  return text;
}

/// The record on disk.
std::string record_of(const fs::path& path) {
  char text[128];
  const ssize_t size = ::lgetxattr(path.c_str(), kOwnerXattr, text, sizeof text);
  return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
}

void record(const fs::path& path, const OwnerRecord& owner) {
  const std::string text = to_text(owner);
  REQUIRE(::lsetxattr(path.c_str(), kOwnerXattr, text.data(), text.size(), 0) == 0);
}

}  // namespace

TEST_CASE("with one id owners are recorded") {
  CHECK(workspace().owners_are_recorded());
}

TEST_CASE("an owner that was given is seen by every name of the file") {
  CHECK(OneIdRoot().broken("names") == "");
}

TEST_CASE("an owner stays with its file") {
  CHECK(OneIdRoot().broken("lives") == "");
}

TEST_CASE("links, fifos, sockets and files without attributes have owners, and give them to none") {
  CHECK(OneIdRoot().broken("links") == "");
}

TEST_CASE("devices are what they were made as") {
  OneIdRoot root;
  CHECK(root.broken("devices") == "");
  CHECK(record_of(root.upper() / "w/null") == "0:0 char=1:3");
  CHECK(record_of(root.upper() / "w/disk") == "0:6 block=259:70000");
  CHECK(fs::is_regular_file(root.upper() / "w/null"));
}

TEST_CASE("credentials follow credentials(7), for each thread") {
  CHECK(OneIdRoot().broken("credentials") == "");
}

TEST_CASE("a file belongs to who made it, or to the group of its directory") {
  OneIdRoot root;
  CHECK(root.broken("users") == "");
  CHECK(record_of(root.upper() / "w/open/a") == "40:50");
  CHECK(record_of(root.upper() / "w/shared/a") == "0:60");
}

TEST_CASE("a hundred threads at once see their own owners") {
  CHECK(OneIdRoot().broken("threads") == "");
}

TEST_CASE("signals do not make a call happen twice") {
  CHECK(OneIdRoot().broken("signals") == "");
}

TEST_CASE("a directory whose set-group-ID bit is in a record hands group and bit down") {
  OneIdRoot root;
  record(root.base / "lower/w", {.uid = 0, .gid = 50, .mode = 02775});
  CHECK(root.sh("mkdir d; touch f; mkdir d/e; stat -c '%u:%g %a' . d f d/e") ==
        "0:50 2775\n0:50 2755\n0:50 644\n0:50 2755\n");
}

TEST_CASE("a step may have fewer descriptors than its supervisor needs") {
  OneIdRoot root;
  root.spec.limits = {{RLIMIT_NOFILE, 4, 4}};
  CHECK(root.sh("ulimit -n") == "4\n");
}

TEST_CASE("a set-id program has the ids of its owner") {
  CHECK(OneIdRoot().run({"/bin/owners", "execution"}).out ==
        "plain: 40,40,40/50,50,50\nsuid: 40,0,0/50,50,50\nsgid: 40,40,40/50,60,60\n");
}

#if defined(__x86_64__)
TEST_CASE("32-bit programs see the same owners") {
  OneIdRoot root;
  // A kernel without IA32_EMULATION ends the program with SIGSEGV.
  if (root.run({"probe", "386"}).out.empty()) return;
  CHECK(root.broken("386") == "");
}
#endif

TEST_CASE("records of the layers below are seen, and taken along by a copy-up") {
  OneIdRoot root;
  const fs::path lower = root.base / "lower/w";
  write_file(lower / "file", "x");
  write_file(lower / "hidden", "x");
  write_file(lower / "device", "");
  record(lower / "file", {.uid = 33, .gid = 34});
  record(lower / "hidden", {.uid = 33, .gid = 0, .mode = 04000});
  record(lower / "device", {.special = OwnerRecord::Special{S_IFCHR, 5, 1}});
  CHECK(root.sh("stat -c '%n %u:%g %a %F' file hidden") ==
        "file 33:34 644 regular file\nhidden 33:0 4000 regular file\n");
  CHECK(root.sh("stat -c '%t:%T %F' device") == "5:1 character special file\n");
  CHECK(root.sh("echo y >> file; stat -c '%u:%g' file") == "33:34\n");
  CHECK(record_of(root.upper() / "w/file") == "33:34");
  CHECK(root.sh("chmod 600 hidden; stat -c '%u:%g %a' hidden") == "33:0 600\n");
  CHECK(record_of(root.upper() / "w/hidden") == "33:0");
  CHECK(root.sh("chown 0:0 file; stat -c '%u:%g' file") == "0:0\n");
  CHECK(record_of(root.upper() / "w/file") == "");
}

TEST_CASE("owners of links come with the spec, and those of the upper directory go back") {
  OneIdRoot root;
  fs::create_symlink("x", root.base / "lower/w/below");
  fs::create_symlink("x", root.base / "lower/w/moved");
  LinkOwners links = {{"w/below", {33, 34}}, {"w/moved", {35, 36}}, {"w/missing", {1, 1}}};
  root.spec.link_owners = &links;
  CHECK(root.sh("stat -c '%u:%g' below moved; mv moved moved-on; mkfifo f; chown 5:6 f; ln -s x l;"
                "mkdir d; ln -s x d/m; ln -s x d/gone; chown -h 7:8 l d/m d/gone; rm d/gone;"
                "ln -s x d/roots; stat -c '%u:%g' moved-on") == "33:34\n35:36\n35:36\n");
  CHECK(links ==
        LinkOwners{{"w/moved-on", {35, 36}}, {"w/f", {5, 6}}, {"w/l", {7, 8}}, {"w/d/m", {7, 8}}});
}

TEST_CASE("a step is started as its user") {
  OneIdRoot root;
  root.spec.uid = 1000;
  root.spec.gid = 1001;
  root.spec.groups = {1001, 44};
  CHECK(root.sh("id -u; id -g; id -G; touch mine; stat -c '%u:%g' mine") ==
        "1000\n1001\n1001 44\n1000:1001\n");
  CHECK(record_of(root.upper() / "w/mine") == "1000:1001");
}

TEST_CASE("files of the sandbox have the owners of the spec") {
  OneIdRoot root;
  root.spec.mounts = {
      MemoryFile{.target = "/run/secret", .content = "x", .mode = 0400, .uid = 5, .gid = 6}};
  CHECK(root.sh("stat -c '%u:%g %a' /run/secret") == "5:6 400\n");
}

TEST_CASE("what a step changes is seen by the next") {
  OneIdRoot root;
  root.sh("touch a; mkdir d; chown 5:6 a d");
  CHECK(root.sh("stat -c '%u:%g' a d") == "5:6\n5:6\n");
}

TEST_CASE("no path leads a supervisor out of the sandbox") {
  OneIdRoot root;
  const std::string canary = root.base / "canary";
  root.sh("mkdir jail; ln -s /proc/1/root up; ln -s /proc/1/cwd/../../.. out");
  const Outcome outcome = root.run({"owners", "escape", canary});
  CAPTURE(outcome.err);
  CHECK(outcome.out == "tried\n");
  CHECK(record_of(canary) == "");
  CHECK(fs::is_empty(canary));
  CHECK(record_of("/proc/self/exe") == "");
}

TEST_CASE("a sandbox that would survive cbuild is refused") {
  OneIdRoot root;
  root.spec.argv = {"true"};
  root.spec.lifetime = Lifetime::own;
  CHECK(error_of([&] { start(workspace(), root.spec); }).find("cannot survive cbuild") !=
        std::string::npos);
}

TEST_CASE("what is killed while its calls are answered leaves nothing") {
  OneIdRoot root;
  root.spec.argv = {"sh", "-c", "while true; do touch 31360; chown 5 31360; rm 31360; done"};
  {
    const Process process = start(workspace(), root.spec);
    ::usleep(100'000);
  }
  CHECK(count_processes(root.spec.argv[2]) == 0);
}

TEST_CASE("a first process has emulated ids, and what enters its sandbox sees the same owners") {
  OneIdRoot root;
  LinkOwners owners;
  root.spec.link_owners = &owners;
  root.spec.uid = root.spec.gid = 33;
  root.spec.lifetime = Lifetime::thread;
  root.spec.mounts = {TmpfsMount{.target = "/t", .uid = 5, .gid = 6}};
  Fd write_end;
  const Fd out = capture(root.spec, write_end);
  Process process =
      start_container(root, "id -u; stat -c '%u %g' /t; cat > /dev/null; exec sleep 100");
  write_end = Fd();
  CHECK(read_some(out).starts_with("33\n"));
  CHECK(sh_in(process, "id -u; touch f; ln -s f l; chown 7:8 f; chown -h 9 l; stat -c %u f l") ==
        "0\n7\n9\n");
  CHECK(sh_in(process, "id -u; stat -c %u f l; chown 1 f 2>/dev/null || echo refused", 1000) ==
        "1000\n7\n9\nrefused\n");
  process.signal(SIGKILL);
  CHECK(process.wait(never()).code == 137);
  CHECK(record_of(root.upper() / "f").find("7") != std::string::npos);
  CHECK(owners.size() == 1);
}

/// As a supervisor of containers is: first in a pid namespace, with the /proc of another.
TEST_CASE(
    "ids are emulated by the first process of a pid namespace that sees the /proc around it") {
  OneIdRoot root;
  const long child =
      ::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) {
    int result = 1;
    try {
      root.spec.init = false;
      root.spec.uid = 5;
      root.spec.argv = {"sh", "-c", "touch /w/x; test $(stat -c %u /w/x) = 5 && test $(id -u) = 5"};
      Process process = start(workspace(), root.spec);
      const bool has_pid = process.pid() > 1;
      result = has_pid && process.wait(never()).ok() ? 0 : 2;
    } catch (const Error&) {
      result = 3;
    }
    ::_exit(result);
  }
  int status = -1;
  REQUIRE(::waitpid(static_cast<pid_t>(child), &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace cbuild::sandbox
