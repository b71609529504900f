// Rules of what containers ask for beyond a RUN step: capabilities, namespaces, sysctls, mounts.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/sandbox/capability_names.h"
#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/process.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "tests/sandbox/fixture.h"
#include "tests/sandbox/streams.h"

namespace cbuild::sandbox {

namespace {

/// The line of /proc/self/status, without its name.
std::string status_line(Root& root, const std::string& name) {
  const std::string line = root.sh("grep ^" + name + ": /proc/self/status");
  return line.substr(name.size() + 2, line.size() - name.size() - 3);
}

std::string refusal(const Spec& spec) {
  return error_of([&] { start(workspace(), spec).wait(never()); });
}

/// A process that lasts, of a sandbox with namespaces to join.
Process start_lasting(Root& root) {
  root.spec.init = false;
  root.spec.enterable = true;
  root.spec.network = NoNetwork{};
  Process process = start_script(root, "exec sleep 100");
  REQUIRE(!process.await_start(never()));
  return process;
}

}  // namespace

TEST_CASE("a sandbox has the capabilities that are asked for, and calls that need them") {
  Root root;
  root.spec.capabilities = kContainerCapabilities;
  CHECK(status_line(root, "CapEff") == "00000000a80425fb");
  CHECK(root.run({"mount", "-t", "tmpfs", "x", "/tmp"}).status.code != 0);
  root.spec.uid = 1000;
  CHECK(status_line(root, "CapEff") == "0000000000000000");
  CHECK(status_line(root, "CapPrm") == "0000000000000000");
  CHECK(status_line(root, "CapBnd") == "00000000a80425fb");
  CHECK(status_line(root, "CapAmb") == "0000000000000000");
  root.spec.uid = 0;
  root.spec.capabilities = 0;
  CHECK(status_line(root, "CapEff") == "0000000000000000");
  CHECK(status_line(root, "CapBnd") == "0000000000000000");
  root.spec.capabilities = *parse_capability("SYS_ADMIN");
  CHECK(probe(root)["mount"] == "ok");
  CHECK(probe(root)["unshare-mount"] == "ok");
  root.spec.capabilities = kAllCapabilities;
  CHECK(probe(root)["ptrace-1"] == "EPERM");
  CHECK(probe(root)["open:/proc/1/mem"] == "EACCES");
}

TEST_CASE("new privileges and the filter of system calls are switched off by wish") {
  Root root;
  CHECK(status_line(root, "NoNewPrivs") == "0");
  root.spec.no_new_privileges = true;
  for (const bool init : {true, false}) {
    root.spec.init = init;
    CHECK(status_line(root, "NoNewPrivs") == "1");
    CHECK(status_line(root, "Seccomp") == "2");
  }
  root.spec.seccomp = false;
  CHECK(status_line(root, "Seccomp") == "0");
  CHECK(status_line(root, "CapBnd") == "00000000a00405fb");
}

TEST_CASE("a read-only root is read-only, and its mounts are as they are") {
  Root root;
  root.spec.read_only_root = true;
  root.spec.mounts = {TmpfsMount{.target = "/made/here"}};
  CHECK(root.sh("touch /tmp/x 2>/dev/null && echo written; touch /made/here/x /dev/shm/x /dev/x; "
                "ls /made/here") == "x\n");
  CHECK(tree_of(root.upper()).empty());
}

TEST_CASE("a tmpfs has the owner, the mode and the attributes that are asked for") {
  Root root;
  root.spec.mounts = {
      TmpfsMount{
          .target = "/t", .size = 1 << 20, .mode = 0750, .executable = false, .uid = 7, .gid = 8},
      TmpfsMount{.target = "/u", .read_only = true}};
  CHECK(root.sh("stat -c '%u %g %a' /t; echo '#!/bin/sh' > /t/x; "
                "chmod +x /t/x; /t/x 2>/dev/null; echo $?; "
                "touch /u/x 2>/dev/null; echo $?; stat -c %a /u") == "7 8 750\n126\n1\n1777\n");
  root.spec.mounts = {TmpfsMount{.target = "/t", .uid = 4294967295}};
  CHECK(refusal(root.spec).find("tmpfs on /t for 4294967295:0: ") == 0);
}

TEST_CASE("a sandbox has a domain name, and shares a host name by wish") {
  Root root;
  root.spec.hostname = "inside";
  root.spec.domainname = "example";
  CHECK(root.sh("hostname; cat /proc/sys/kernel/domainname") == "inside\nexample\n");
  root.spec.domainname.clear();
  root.spec.uts = CallersNamespace{};
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  CHECK(root.sh("hostname") == std::string(name) + "\n");
  root.spec.domainname = "example";
  CHECK(refusal(root.spec).find("a domain name needs a uts namespace") == 0);
}

TEST_CASE("a sandbox joins the namespaces of another") {
  Root first;
  first.spec.hostname = "first";
  first.spec.sysctls = {{"kernel.msgmax", "4444"}};
  const Process sandbox = start_lasting(first);
  Root second;
  second.spec.hostname = "second";
  second.spec.ipc = JoinNamespace{sandbox.namespace_fd(Namespace::ipc)};
  CHECK(second.sh("hostname; cat /proc/sys/kernel/msgmax") == "second\n4444\n");
  second.spec.uts = JoinNamespace{sandbox.namespace_fd(Namespace::uts)};
  second.spec.network = JoinNetwork{sandbox.namespace_fd(Namespace::network)};
  CHECK(second.sh("hostname") == "first\n");
  second.spec.init = false;
  second.spec.pid = JoinNamespace{sandbox.namespace_fd(Namespace::pid)};
  const Outcome outcome = second.run({"sh", "-c", "cat /proc/1/cmdline; hostname; ls /canary"});
  CHECK(outcome.out.starts_with(std::string("sleep\0", 6) + std::string("100\0", 4)));
  CHECK(outcome.out.find("first\n") != std::string::npos);
  CHECK(!has_ended(sandbox.fd()));

  Process joined = start_script(second, "exec sleep 31370");
  CHECK(!joined.await_start(never()));
  CHECK(count_becomes("31370", 1));
  joined.signal(SIGTERM);  // it is no first process there
  CHECK(joined.wait(never()).signal == SIGTERM);
  second.spec.init = true;
  CHECK(refusal(second.spec).find("an init needs a pid namespace") == 0);
}

TEST_CASE("a sandbox shares the processes of the caller by wish, and cannot signal them") {
  Root root;
  root.spec.init = false;
  root.spec.pid = CallersNamespace{};
  const std::string self = std::to_string(::getpid());
  CHECK(root.sh("test -d /proc/" + self +
                " && echo seen; kill -0 $PPID 2>/dev/null; "
                "cat /proc/" +
                self + "/environ 2>/dev/null; readlink /proc/" + self +
                "/fd/1; "
                "ls /proc/" +
                self + "/root/ 2>/dev/null; true") == "seen\n");
}

TEST_CASE("what ends after its sandbox is killed in the end by the namespace it is in") {
  Root first;
  std::optional<Process> sandbox(start_lasting(first));
  Root second;
  second.spec.init = false;
  second.spec.pid = JoinNamespace{sandbox->namespace_fd(Namespace::pid)};
  Process left = start_script(second, "exec sleep 31371");
  CHECK(!left.await_start(never()));
  sandbox->signal(SIGKILL);
  CHECK(left.wait(never()).code == 137);
  CHECK(sandbox->wait(never()).code == 137);
}

TEST_CASE("sysctls are those of the sandbox's namespaces; others are refused by name") {
  Root root;
  root.spec.network = NoNetwork{};
  root.spec.sysctls = {{"net.ipv4.ip_forward", "1"},
                       {"net.ipv4.ip_unprivileged_port_start", "0"},
                       {"kernel.shmmax", "65536"},
                       {"kernel.sem", "32 64 8 16"},
                       {"fs.mqueue.msg_max", "7"}};
  CHECK(root.sh("cd /proc/sys; cat net/ipv4/ip_forward net/ipv4/ip_unprivileged_port_start "
                "kernel/shmmax kernel/sem fs/mqueue/msg_max; "
                "echo 0 2>/dev/null > net/ipv4/ip_forward || echo protected") ==
        "1\n0\n65536\n32\t64\t8\t16\n7\nprotected\n");
  for (const char* name : {"kernel.pid_max", "vm.overcommit_memory", "net.../../kernel/panic",
                           "net/ipv4/ip_forward", "kernel.shmmax/../panic", ""}) {
    CAPTURE(name);
    root.spec.sysctls = {{name, "1"}};
    CHECK(refusal(root.spec).find("sysctl '" + std::string(name) + "' is not one of a namespace") ==
          0);
  }
  root.spec.sysctls = {{"net.ipv4.nothing", "1"}};
  CHECK(refusal(root.spec) ==
        "set up the sandbox: set the sysctl /proc/sys/net/ipv4/nothing: No such file or directory "
        "/ ");
  root.spec.network = HostNetwork{};
  CHECK(refusal(root.spec).find("cannot be set in the network of the host") != std::string::npos);
  root.spec.sysctls = {{"kernel.shmmax", "1"}};
  root.spec.ipc = CallersNamespace{};
  CHECK(refusal(root.spec).find("needs an ipc namespace") != std::string::npos);
}

TEST_CASE("the masks of /proc are off by wish") {
  Root root;
  const std::string script =
      "head -c 1 /proc/interrupts | wc -c; "
      "echo 9999 2>/dev/null >/proc/sys/kernel/msgmax || echo protected";
  CHECK(root.sh(script) == "0\nprotected\n");
  root.spec.masks_system_paths = false;
  CHECK(root.sh(script) == "1\n");
}

TEST_CASE("without a content nothing is mounted on hosts and resolv.conf") {
  Root root;
  write_file(root.base / "lower/etc/hosts", "of the image\n");
  root.spec.hosts.reset();
  root.spec.resolv_conf.reset();
  write_file(root.base / "mine", "mine\n");
  const Fd mine(::open((root.base / "mine").c_str(), O_PATH | O_CLOEXEC));
  root.spec.mounts = {BindMount{mine.get(), "/etc/hostname", /*read_only=*/false}};
  CHECK(root.sh("cat /etc/hosts /etc/hostname; ls /etc; echo more >> /etc/hostname") ==
        "of the image\nmine\nhostname\nhosts\n");
}

TEST_CASE("a device of the caller is one inside") {
  Root root;
  const Fd zero(::open("/dev/zero", O_PATH | O_CLOEXEC));
  root.spec.mounts = {BindMount{zero.get(), "/dev/mine"}};
  CHECK(root.sh("head -c 3 /dev/mine | wc -c; stat -c %F /dev/mine") ==
        "3\ncharacter special file\n");
}

TEST_CASE("a read-only bind is read-only with all that is mounted beneath it") {
  Root outer;
  fs::create_directories(outer.base / "lower/source");
  write_file(outer.base / "source/sub/file", "x");
  const Fd source(::open((outer.base / "source").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  outer.spec.mounts = {BindMount{source.get(), "/b"}};
  CHECK(outer.sh("touch /b/x 2>/dev/null || touch /b/sub/x 2>/dev/null || echo no") == "no\n");
}

TEST_CASE("/dev has what docker's has, and a console with a terminal") {
  Root root;
  CHECK(root.sh("cd /dev; ls") ==
        "core\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\n"
        "urandom\nzero\n");
  root.spec.streams = Terminal{};
  Process process = start_script(root, "stat -c '%F %t' /dev/console; echo said >/dev/console");
  CHECK(process.wait(never()).ok());
  const std::string text = read_terminal(process.terminal());
  CHECK(text == "character special file 88\r\nsaid\r\n");
}

}  // namespace cbuild::sandbox
