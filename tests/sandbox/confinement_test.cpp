// Rules of what a program in a sandbox cannot reach.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "cbuild/sandbox/network.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

TEST_CASE("a step has the documented capabilities, and no way to others") {
  Root root;
  for (const bool own_network : {false, true}) {
    if (own_network) root.spec.network = NoNetwork{};
    const std::string kept = own_network ? "00000000a00425fb" : "00000000a00405fb";
    const std::string none = "0000000000000000";
    CHECK(root.sh("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status") ==
          "CapInh:\t" + none + "\nCapPrm:\t" + kept + "\nCapEff:\t" + kept + "\nCapBnd:\t" + kept +
              "\nCapAmb:\t" + none + "\nNoNewPrivs:\t0\nSeccomp:\t2\n");
  }
}

TEST_CASE("no descriptor of the caller reaches a step") {
  Root root;
  const int leaked = ::open("/dev/null", O_RDONLY);  // NOLINT: without O_CLOEXEC on purpose
  const int another = ::fcntl(leaked, F_DUPFD, 100);
  REQUIRE(another >= 100);
  CHECK(root.run({"probe", "fds"}).out == "fd 0\nfd 1\nfd 2\n");
  ::close(another);
  ::close(leaked);
}

TEST_CASE("what reaches out of a sandbox is refused") {
  Root root;
  auto results = probe(root);
  const std::map<std::string, std::string> expected = {
      {"open:/proc/1/exe", "EACCES EACCES"},
      {"open:/proc/1/mem", "EACCES"},
      {"open:/proc/1/environ", "EACCES"},
      {"open:/proc/1/root", "EACCES"},
      {"open:/etc/resolv.conf", "EROFS"},
      {"open:/dev/null", "ok"},
      {"masked:/proc/keys", "0"},
      {"ptmx", "ok"},
      {"tiocsti", "EPERM"},
      {"tiocsti-high", "EPERM"},
      {"tioclinux", "EPERM"},
      {"tty", "ENXIO"},
      {"mount", "EPERM"},
      {"umount", "EPERM"},
      {"pivot_root", "EPERM"},
      {"fsopen", "EPERM"},
      {"open_tree", "EPERM"},
      {"keyctl", "EPERM"},
      {"add_key", "EPERM"},
      {"bpf", "EPERM"},
      {"perf_event_open", "EPERM"},
      {"userfaultfd", "EPERM"},
      {"io_uring", "ENOSYS"},
      {"socket-unix", "ok"},
      {"socket-alg", "EPERM"},
      {"socket-alg-high", "EPERM"},
      {"socket-vsock", "EPERM"},
      {"mknod", "EPERM"},
      {"ptrace-1", "EPERM"},
      {"kill-1", "ok"},  // the kernel ignores it
      {"sethostname", "EPERM"},
      {"unshare-files", "ok"},
      {"unshare-user", "EPERM"},
      {"unshare-mount", "EPERM"},
      {"clone-user", "EPERM"},
      {"clone3", "ENOSYS"},
      {"setns", "EPERM"},
  };
  for (const auto& [name, result] : expected) {
    CAPTURE(name);
    CHECK(results[name] == result);
  }
  for (const char* name : {"/proc/1/fd/0", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern",
                           "/sys/kernel/uevent_helper"}) {
    CAPTURE(std::string(name));
    CHECK(results[std::string("open:") + name] != "ok");  // not there, or not allowed
  }
}

#if defined(__x86_64__)
TEST_CASE("the calls of 32-bit programs lead no further than those of 64-bit ones") {
  Root root;
  std::map<std::string, std::string> expected = {
      {"386-getpid", "ok"},
      {"386-socketcall-unix", "ENOSYS"},
      {"386-socketcall-vsock", "ENOSYS"},
      {"386-socketcall-alg", "ENOSYS"},
      {"386-socket-unix", "ok"},
      {"386-socket-vsock", "EPERM"},
      {"386-socketpair-alg", "EPERM"},
      {"386-unshare", "EPERM"},
      {"386-clone", "EPERM"},
      {"386-clone3", "ENOSYS"},
      {"386-mount", "EPERM"},
      {"386-setns", "EPERM"},
      {"386-keyctl", "EPERM"},
      {"386-bpf", "EPERM"},
      {"386-perf", "EPERM"},
      {"386-io_uring", "ENOSYS"},
      {"x32-getpid", "ENOSYS"},
  };
  auto results = probe(root, {"386"});
  // A kernel without IA32_EMULATION ends the program with SIGSEGV.
  if (results.empty()) return;
  CHECK(results == expected);

  root.spec.is_386 = true;
  results = probe(root, {"386"});
  CHECK(results["386-socketcall-unix"] == "ok");
  for (const char* other : {"386-socketcall-unix", "386-socketcall-vsock", "386-socketcall-alg"}) {
    expected.erase(other);
    results.erase(other);
  }
  CHECK(results == expected);
}
#endif

TEST_CASE("a step traces and signals its own processes") {
  Root root;
  const auto results = probe(root, {"processes"});
  CHECK(results.size() == 7);
  for (const auto& [name, result] : results) {
    CAPTURE(name);
    CHECK(result == "ok");
  }
}

TEST_CASE("what a step executes cannot name our own program as /proc/self/exe") {
  Root root;
  // As interpreter: the kernel opens it while the process is still what started it.
  write_file(root.base / "lower/bin/again", "#!/proc/self/exe\n");
  fs::permissions(root.base / "lower/bin/again", fs::perms(0755));
  for (const char* command : {"/bin/again", "/proc/self/exe"}) {
    CAPTURE(command);
    const Outcome outcome = root.run({command});
    CHECK(outcome.status.code != 0);
    CHECK(outcome.out == "");  // this test program did not start again
  }
}

}  // namespace cbuild::sandbox
