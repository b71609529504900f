// Rules of what a step cannot reach where it is isolated by chroot, and of its end.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <string>
#include <thread>

#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/process.h"
#include "cbuild/util/fs.h"
#include "src/sandbox/landlock.h"
#include "tests/sandbox/chroot_fixture.h"

namespace cbuild::sandbox {

namespace {

std::map<std::string, std::string> attack(ChrootFixture& root, const std::string& pid) {
  std::map<std::string, std::string> results;
  std::istringstream lines(root.run({"chroot_probe", "attack", pid}).out);
  std::string name;
  std::string result;
  while (lines >> name >> result)
    results[name] = result;
  return results;
}

/// Whether no process of the machine has `name` as its own (PR_SET_NAME) after a while.
bool is_extinct(const std::string& name) {
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (const auto& entry : fs::directory_iterator("/proc")) {
    try {
      const auto text = read_file_if_exists((entry.path() / "comm").string()).value_or("");
      if (text == name + "\n") return false;
    } catch (const Error&) {  // it has just ended
    }
  }
  return true;
}

}  // namespace

TEST_CASE("a step in a chroot gets neither out of it nor at processes outside") {
  ChrootFixture root;
  const int leaked = ::open("/", O_RDONLY);  // NOLINT: without O_CLOEXEC on purpose
  auto results = attack(root, std::to_string(::getpid()));
  ::close(leaked);
  const std::map<std::string, std::string> expected = {
      {"chroot", "EPERM"},
      {"climbed", "ENOENT"},
      {"descriptors", "0"},
      {"mknod-memory", "EPERM"},
      {"mknod-disk", "EPERM"},
      {"raw-socket", "EPERM"},
      {"null", "ok"},
      {"urandom", "ok"},
      {"parent-seize", "EPERM"},
      {"parent-getfd", "EPERM"},
      {"outside-seize", "EPERM"},
      {"outside-getfd", "EPERM"},
  };
  for (const auto& [name, result] : expected) {
    CAPTURE(name);
    CHECK(results[name] == result);
  }
  if (!landlock_has_scopes()) return;
  for (const char* name : {"parent-kill", "parent-signal", "outside-kill", "outside-signal"}) {
    CAPTURE(std::string(name));
    CHECK(results[name] == "EPERM");
  }
}

TEST_CASE("a step in a chroot has fewer capabilities than root of the container, and a filter") {
  ChrootFixture root;
  // Its own /proc has no processes: the probe of another test tells by trying; here prctl(2) does.
  CHECK(root.sh("id -u") == "0\n");
  auto results = probe(root);
  for (const char* name : {"mount", "umount", "pivot_root", "fsopen", "open_tree", "keyctl", "bpf",
                           "perf_event_open", "userfaultfd", "socket-alg", "socket-vsock",
                           "unshare-user", "unshare-mount", "clone-user", "sethostname"}) {
    CAPTURE(std::string(name));
    CHECK(results[name] == "EPERM");
  }
  CHECK(results["clone3"] == "ENOSYS");
  for (const char* path : {"/proc/1/exe", "/proc/1/root", "/proc/1/mem"}) {
    CAPTURE(std::string(path));
    CHECK(results[std::string("open:") + path].starts_with("ENOENT"));
  }
}

TEST_CASE("a step in a chroot connects to no abstract socket of the machine") {
  if (!landlock_has_scopes()) return;
  ChrootFixture root;
  const std::string name = "cbuild-chroot-" + std::to_string(::getpid());
  const AbstractServer server(name + "-stream");
  auto results = probe(root, {"abstract", name});
  CHECK(results["caller-stream"] == "EPERM");
  CHECK(results["own-connect"] == "ok");
}

TEST_CASE("what a step in a chroot has started ends with it, whoever it belongs to") {
  ChrootFixture root;
  const std::string word = "left-" + std::to_string(::getpid());
  CHECK(root.run({"chroot_probe", "leave", word}).status.code == 0);
  CHECK(count_processes(word) == 0);
}

TEST_CASE("no chain of forks outruns the end of a step in a chroot") {
  ChrootFixture root;
  const std::string name = "c" + std::to_string(::getpid());
  CHECK(root.run({"chroot_probe", "chain", name}).status.code == 0);
  CHECK(is_extinct(name));
}

TEST_CASE("a fork bomb in a chroot ends its step") {
  ChrootFixture root;
  const ExitStatus status = root.run({"chroot_probe", "bomb"}).status;
  CHECK(status.code == 137);
  CHECK(status.too_many_processes > 0);
  CHECK(is_extinct("chroot_probe"));
}

TEST_CASE("a process in a chroot is ended by SIGKILL with all that it has started") {
  ChrootFixture root;
  const std::string word = "killed-" + std::to_string(::getpid());
  root.spec.argv = {"sh", "-c", "chroot_probe wait " + word + " & chroot_probe wait " + word};
  {
    Process process = start(workspace(), root.spec);
    CHECK(count_becomes(word, 2));
    process.signal(SIGKILL);
    const ExitStatus status = process.wait(never());
    CHECK(status.signal == SIGKILL);
    CHECK(count_processes(word) == 0);
  }
  {
    const Process dropped = start(workspace(), root.spec);
    CHECK(count_becomes(word, 2));
  }
  CHECK(count_processes(word) == 0);
  CHECK(root.changes() == "");
}

TEST_CASE("the end of a step in a chroot ends no other step and nothing of cbuild") {
  ChrootFixture one;
  ChrootFixture two;
  const std::string word = "parallel-" + std::to_string(::getpid());
  const pid_t helper = ::fork();
  if (helper == 0) {
    for (;;)
      ::pause();
  }
  two.spec.argv = {"chroot_probe", "wait", word};
  Process other = start(workspace(), two.spec);
  CHECK(count_becomes(word, 1));
  CHECK(one.run({"chroot_probe", "leave", "left"}).status.code == 0);
  CHECK(count_processes(word) == 1);
  CHECK(::waitpid(helper, nullptr, WNOHANG) == 0);
  other.signal(SIGTERM);
  CHECK(other.wait(never()).signal == SIGTERM);
  ::kill(helper, SIGKILL);
  ::waitpid(helper, nullptr, 0);
}

TEST_CASE("other signals reach a process in a chroot") {
  ChrootFixture root;
  root.spec.argv = {"sh", "-c", "trap 'exit 7' USR1; touch /ready; while :; do sleep 0.1; done"};
  Process process = start(workspace(), root.spec);
  while (!fs::exists(root.at("ready")))
    ::usleep(1000);
  process.signal(SIGUSR1);
  CHECK(process.wait(never()).code == 7);
}

TEST_CASE("when cbuild is killed its step ends, and what was moved and covered returns") {
  ChrootFixture root;
  const std::string word = "orphan-" + std::to_string(::getpid());
  write_file(root.base / "cache/kept", "x");
  const Fd cache = open_file((root.base / "cache").string(), O_PATH | O_DIRECTORY);
  write_file(root.base / "over", "covers it");
  const Fd over = open_file((root.base / "over").string(), O_PATH);
  root.spec.mounts = {BindMount{cache.get(), "/cache", false},
                      BindMount{over.get(), "/cache/kept", true},
                      MemoryFile{.target = "/run/secret", .content = "hunter2"}};
  root.spec.argv = {"chroot_probe", "wait", word};
  const pid_t builder = ::fork();
  if (builder == 0) {
    const Process process = start(workspace(), root.spec);
    for (;;)
      ::pause();
  }
  CHECK(count_becomes(word, 1));
  CHECK(!fs::exists(root.base / "cache"));
  ::kill(builder, SIGKILL);
  ::waitpid(builder, nullptr, 0);
  CHECK(count_becomes(word, 0));
  for (int i = 0; i < 3000 && !fs::exists(root.base / "cache/kept"); ++i)
    ::usleep(1000);
  CHECK(read_file((root.base / "cache/kept").string()) == "x");
  CHECK(fs::file_size(root.at("run/secret")) == 0);
}

TEST_CASE("what chroot cannot do is refused by name") {
  ChrootFixture root;
  root.spec.argv = {"true"};
  const auto refusal = [](const Spec& spec) { return error_of([&] { start(workspace(), spec); }); };
  Spec own_network = root.spec;
  own_network.network = NoNetwork{};
  CHECK(refusal(own_network).find("network") != std::string::npos);
  Spec terminal = root.spec;
  terminal.streams = Terminal{};
  CHECK(refusal(terminal).find("terminal") != std::string::npos);
  Spec overlay = root.spec;
  overlay.root = {root.base, {"lower"}, "upper", "work"};
  CHECK(refusal(overlay).find("overlay") != std::string::npos);
  Spec bind = root.spec;
  bind.mounts = {OverlayBind{overlay.root, "/", "/m"}};
  CHECK(refusal(bind).find("overlay") != std::string::npos);
  Spec lasting = root.spec;
  lasting.lifetime = Lifetime::own;
  CHECK(refusal(lasting).find("survives") != std::string::npos);
  CHECK(root.changes() == "");
}

}  // namespace cbuild::sandbox
