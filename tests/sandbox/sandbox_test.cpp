// Rules of a running sandbox: what a step sees, may do, leaves behind. Runs busybox and a probe in
// root file systems made for each test; as root or as a user with subordinate ids.
#include "cbuild/sandbox/sandbox.h"

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "cbuild/sandbox/user_namespace.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "src/sandbox/landlock.h"
#include "src/sandbox/process_limit.h"

namespace cbuild::sandbox {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const CancelToken& never() {
  static const CancelToken token;
  return token;
}

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << content;
}

/// All paths beneath `directory`, relative to it.
std::set<std::string> tree_of(const fs::path& directory) {
  std::set<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    paths.insert(fs::relative(entry.path(), directory).string());
  }
  return paths;
}

using Paths = std::set<std::string>;

struct Outcome {
  ExitStatus status;
  std::string out;
  std::string err;
};

/// A directory with an overlay of a busybox root; gone at the end.
class Root {
 public:
  Root() {
    const char* const busybox = ::getenv("CBUILD_BUSYBOX");
    const char* const probe = ::getenv("CBUILD_PROBE");
    REQUIRE((busybox != nullptr && probe != nullptr));
    enter_user_namespace(never());
    std::string name = fs::temp_directory_path() / "sandbox-test.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    base = name;
    for (const char* path : {"lower/bin", "lower/tmp", "lower/root", "upper", "work", "canary"}) {
      fs::create_directories(base / path);
    }
    fs::copy_file(busybox, base / "lower/bin/busybox");
    fs::copy_file(probe, base / "lower/bin/probe");
    for (const char* applet :
         {"sh",    "cat",  "ls",       "id",       "sleep", "setsid", "touch", "rm",
          "mkdir", "mv",   "ln",       "chmod",    "echo",  "kill",   "grep",  "dd",
          "stat",  "true", "pwd",      "hostname", "ps",    "chown",  "head",  "ifconfig",
          "env",   "wc",   "readlink", "ip",       "tee"}) {
      fs::create_symlink("busybox", base / "lower/bin" / applet);
    }
    spec.root = {base, {"lower"}, "upper", "work"};
    spec.env = {"PATH=/bin", "HOME=/root"};
  }

  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  ~Root() { remove_tree(AT_FDCWD, base); }

  Outcome run(std::vector<std::string> argv) {
    Outcome outcome;
    spec.argv = std::move(argv);
    spec.output = [&](Stream stream, std::string_view text) {
      (stream == Stream::out ? outcome.out : outcome.err) += text;
    };
    outcome.status = sandbox::run(spec, never());
    return outcome;
  }

  /// Stdout of a script that succeeds.
  std::string sh(const std::string& script) {
    const Outcome outcome = run({"sh", "-c", script});
    CAPTURE(script);
    CHECK(outcome.err == "");
    CHECK(outcome.status.code == 0);
    return outcome.out;
  }

  fs::path upper() const { return base / "upper"; }

  fs::path base;
  Spec spec;
};

std::map<std::string, std::string> probe(Root& root, std::vector<std::string> arguments = {}) {
  std::map<std::string, std::string> results;
  arguments.insert(arguments.begin(), "probe");
  std::istringstream lines(root.run(arguments).out);
  std::string name;
  std::string result;
  while (lines >> name >> result) {
    auto& known = results[name];
    known += (known.empty() ? "" : " ") + result;
  }
  return results;
}

/// An abstract unix socket of the host.
Fd listen_abstract(const std::string& name, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path + 1);
  Fd server(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) REQUIRE(::listen(server.get(), 1) == 0);
  return server;
}

/// How many processes of this machine have `word` among their arguments.
int count_processes(const std::string& word) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::string line;
    try {
      line = read_file_if_exists((entry.path() / "cmdline").string()).value_or("");
    } catch (const Error&) {  // it has just ended
    }
    if (line.find('\0' + word + '\0') != std::string::npos) ++count;
  }
  return count;
}

/// Message and hint of what `action` throws; empty when it throws no Error.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.what()) + " / " + error.hint();
  }
  return {};
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

TEST_CASE("exit codes are those of a shell") {
  Root root;
  CHECK(root.run({"true"}).status.ok());
  CHECK(root.run({"sh", "-c", "exit 7"}).status.code == 7);
  const ExitStatus killed = root.run({"sh", "-c", "kill -TERM $$"}).status;
  CHECK(killed.code == 128 + SIGTERM);
  CHECK(killed.signal == SIGTERM);

  struct Row {
    std::string command;
    int code;
    std::string message;
  };

  write_file(root.base / "lower/bin/plain", "text");
  write_file(root.base / "lower/bin/orphan", "#!/no/such/interpreter\n");
  fs::permissions(root.base / "lower/bin/orphan", fs::perms(0755));
  write_file(root.base / "lower/bin/junk", "\x01\x02 is no program\n");
  fs::permissions(root.base / "lower/bin/junk", fs::perms(0755));
  const Row rows[] = {{"nothing", 127, "nothing: not found\n"},
                      {"/bin/nothing", 127, "/bin/nothing: not found\n"},
                      {"", 127, ": not found\n"},
                      {"plain", 126, "plain: Permission denied\n"},
                      {"/bin", 126, "/bin: Is a directory\n"},
                      {"junk", 126, "junk: Exec format error\n"},
                      {"orphan", 127, "orphan: not found\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.command);
    const Outcome outcome = root.run({row.command});
    CHECK(outcome.status.code == row.code);
    CHECK(outcome.err == row.message);
  }
}

TEST_CASE("a step sees its own processes, its arguments and its environment only") {
  Root root;
  CHECK(root.sh("env") == "SHLVL=1\nHOME=/root\nPATH=/bin\nPWD=/\n");
  CHECK(root.sh("ps > /tmp/ps; wc -l < /tmp/ps") == "4\n");  // title, init, sh, ps
  CHECK(root.sh("hostname") == "cbuild\n");
  CHECK(root.run({"echo", "a b", "", "c"}).out == "a b  c\n");
  root.spec.cwd = "/tmp";
  CHECK(root.sh("pwd") == "/tmp\n");
  root.spec.cwd = "/missing/deep";
  CHECK(root.sh("pwd; ls -ld . | cut -c 1-10") == "/missing/deep\ndrwxr-xr-x\n");
  root.spec.cwd = "/bin/busybox";
  CHECK_THROWS_AS(root.run({"true"}), Error);
}

TEST_CASE("a step has the documented capabilities, and no way to others") {
  Root root;
  for (const Network network : {Network::host, Network::none}) {
    root.spec.network = network;
    const std::string kept = network == Network::none ? "00000000a00425fb" : "00000000a00405fb";
    const std::string none = "0000000000000000";
    CHECK(root.sh("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status") ==
          "CapInh:\t" + none + "\nCapPrm:\t" + kept + "\nCapEff:\t" + kept + "\nCapBnd:\t" + kept +
              "\nCapAmb:\t" + none + "\nNoNewPrivs:\t0\nSeccomp:\t2\n");
  }
}

TEST_CASE("a step has its user, group and supplementary groups, and no others") {
  Root root;
  CHECK(root.sh("id -u; id -g; id -G") == "0\n0\n0\n");
  root.spec.uid = 1000;
  root.spec.gid = 1001;
  root.spec.groups = {5, 6};
  CHECK(root.sh("id -u; id -g; id -G") == "1000\n1001\n1001 5 6\n");
  CHECK(root.sh("grep CapEff /proc/self/status") == "CapEff:\t0000000000000000\n");
  CHECK(root.run({"touch", "/root/x"}).status.code == 1);
}

TEST_CASE("ids that nobody has here are refused, with the range") {
  Root root;
  for (const std::uint32_t id : {4294967295U, 4294967294U}) {
    CAPTURE(id);
    root.spec.uid = id;
    // For root of the machine every id exists but the last, which means "as it is" to setresuid(2).
    const bool exists = is_root_of_machine() && id != 4294967295U;
    const std::string told = error_of([&] { root.run({"true"}); });
    CAPTURE(told);
    CHECK(told.empty() == exists);
    if (exists) continue;
    CHECK(told.find("RUN as user " + std::to_string(id) +
                    ": not in the range of subordinate IDs of this user (0-") == 0);
    CHECK(told.find("see subuid(5)") != std::string::npos);
  }
  root.spec.uid = 0;
  root.spec.groups = {1, 4294967295U};
  CHECK(error_of([&] { root.run({"true"}); }).find("RUN as group 4294967295: not in") == 0);
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

TEST_CASE("a limit is kept as it was asked for, or the step does not start") {
  Root root;
  root.spec.limits = {{RLIMIT_NOFILE, 100, 200}, {RLIMIT_CORE, 0, 0}};
  CHECK(root.sh("ulimit -Sn; ulimit -Hn; ulimit -c") == "100\n200\n0\n");
  root.spec.limits = {{RLIMIT_NOFILE, 4, 4}};  // the descriptors of the launcher are there already
  CHECK(root.run({"true"}).status.ok());
  rlimit ours{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &ours) == 0);
  root.spec.limits = {{RLIMIT_NOFILE, 100, ours.rlim_max + 1}};
  CHECK(error_of([&] { root.run({"true"}); }).find("set a resource limit") != std::string::npos);
}

TEST_CASE("nproc is kept for whoever builds") {
  Root root;
  constexpr int kAsked = 40;
  root.spec.limits = {{RLIMIT_NPROC, kAsked, kAsked}};
  const Outcome outcome = root.run(
      {"sh", "-c", "i=0; while [ $i -lt 100 ]; do sleep 31341 & i=$((i + 1)); echo $i; done"});
  CHECK(outcome.status.code != 0);
  CHECK(outcome.err.find("can't fork") != std::string::npos);
  const auto started = std::ranges::count(outcome.out, '\n');
  CHECK(started > kAsked / 2);  // for a user the threads of this program count, too
  CHECK(started < kAsked);
  CHECK(count_processes("31341") == 0);
}

TEST_CASE("a fork bomb ends its step, and leaves a step beside it alone") {
  Root root;
  Root neighbour;
  // Before Linux 6.14 the steps of an ordinary user's build have their limit together.
  const bool is_alone = !pid_max_is_namespaced() && !is_root_of_machine();
  std::jthread beside([&] {
    if (is_alone) return;
    CHECK(neighbour.sh(
              "i=0; while [ $i -lt 100 ]; do busybox true; sleep 0.05; i=$((i + 1)); done") == "");
  });
  const auto start = Clock::now();
  // A shell that cannot fork ends: one must be left that does not try.
  const ExitStatus status =
      root.run({"sh", "-c", "(while :; do sleep 31342 & done); while :; do :; done"}).status;
  CHECK(status.too_many_processes == usual_process_limit());
  CHECK(status.code == 128 + SIGKILL);
  CHECK(seconds_since(start) < 60);
  CHECK(count_processes("31342") == 0);
  beside.join();
}

TEST_CASE("no descriptor of the caller reaches a step") {
  Root root;
  const int leaked = ::open("/dev/null", O_RDONLY);  // NOLINT: without O_CLOEXEC on purpose
  REQUIRE(::dup2(leaked, 9) == 9);
  CHECK(root.run({"probe", "fds"}).out == "fd 0\nfd 1\nfd 2\n");
  ::close(9);
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

TEST_CASE("abstract sockets of the host are out of reach, a step's own are not") {
  Root root;
  const std::string name = root.base.filename();
  const Fd stream = listen_abstract(name + "-stream", SOCK_STREAM);
  const Fd datagram = listen_abstract(name + "-dgram", SOCK_DGRAM);
  for (const Network network : {Network::host, Network::none}) {
    root.spec.network = network;
    auto results = probe(root, {"abstract", name});
    const std::string refused = network == Network::none ? "ECONNREFUSED" : "EPERM";
    if (network == Network::none || landlock_has_scopes()) {
      for (const char* caller : {"caller-stream", "caller-dgram", "caller-sendto"}) {
        CAPTURE(caller);
        CHECK(results[caller] == refused);
      }
    }
    for (const char* own : {"own-bind", "own-listen", "own-connect"}) {
      CAPTURE(own);
      CHECK(results[own] == "ok");
    }
  }
}

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

TEST_CASE("without network there is loopback only") {
  Root root;
  root.spec.network = Network::none;
  CHECK(root.sh("ls /sys/class/net") == "lo\n");
  CHECK(root.sh("cat /sys/class/net/lo/operstate") == "unknown\n");  // what up means for lo
  CHECK(root.sh("ifconfig -a | grep -c Link") == "1\n");
}

TEST_CASE("what a step leaves running dies with it") {
  Root root;
  const auto start = Clock::now();
  root.sh("sleep 31337 & setsid sleep 31337 & true");
  CHECK(seconds_since(start) < 2);
  CHECK(count_processes("31337") == 0);
}

TEST_CASE("cancelling kills everything at once") {
  Root root;
  CancelToken token;
  root.spec.argv = {"sh", "-c", "trap '' TERM INT HUP; sleep 31338 & setsid sleep 31338; true"};
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    token.cancel();
  });
  const auto start = Clock::now();
  CHECK_THROWS_AS(sandbox::run(root.spec, token), Interrupted);
  CHECK(seconds_since(start) < 2);
  CHECK(count_processes("31338") == 0);
  canceller.join();
  CHECK_THROWS_AS(sandbox::run(root.spec, token), Interrupted);
}

TEST_CASE("cancelling is heard while a step writes faster than it is read") {
  Root root;
  for (const char* script :
       {"exec cat /dev/zero", "exec cat /dev/zero >&2", "cat /dev/zero & exec cat /dev/zero >&2"}) {
    CAPTURE(script);
    CancelToken token;
    std::size_t heard[2] = {0, 0};
    root.spec.argv = {"sh", "-c", script};
    const auto start = Clock::now();
    root.spec.output = [&](Stream stream, std::string_view text) {
      heard[stream == Stream::out ? 0 : 1] += text.size();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (seconds_since(start) > 0.5) token.cancel();
      REQUIRE(seconds_since(start) < 10);
    };
    CHECK_THROWS_AS(sandbox::run(root.spec, token), Interrupted);
    CHECK(seconds_since(start) < 2.5);
    CHECK(heard[0] + heard[1] > 0);
    if (std::string_view(script).starts_with("cat")) {
      CHECK(heard[0] > 0);  // neither stream starves the other
      CHECK(heard[1] > 0);
    }
  }
}

TEST_CASE("what was written before the end is passed on, until cancelling is heard") {
  Root root;
  CancelToken token;
  std::size_t size = 0;
  root.spec.argv = {"sh", "-c",
                    "dd if=/dev/zero bs=60000 count=1; dd if=/dev/zero bs=60000 count=1 >&2"};
  root.spec.output = [&](Stream, std::string_view text) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the step is over meanwhile
    size += text.size();
  };
  CHECK(sandbox::run(root.spec, token).ok());
  CHECK(size >= 120000);
}

TEST_CASE("a callback that throws ends the run") {
  Root root;
  root.spec.argv = {"sh", "-c", "while true; do echo x; sleep 31339; done"};
  root.spec.output = [](Stream, std::string_view) { throw std::runtime_error("enough"); };
  CHECK_THROWS_WITH(sandbox::run(root.spec, never()), "enough");
  CHECK(count_processes("31339") == 0);
}

TEST_CASE("a sandbox dies with the process that made it") {
  Root root;
  const pid_t child = ::fork();
  if (child == 0) {
    root.spec.argv = {"sleep", "31340"};
    try {
      sandbox::run(root.spec, never());
    } catch (...) {
    }
    ::_exit(0);
  }
  const auto start = Clock::now();
  while (count_processes("31340") == 0 && seconds_since(start) < 5) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (count_processes("31340") != 0 && seconds_since(start) < 10) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(count_processes("31340") == 0);
}

TEST_CASE("all output arrives, on its own stream") {
  Root root;
  CHECK(root.run({"sh", "-c", "dd if=/dev/zero bs=1M count=20 2>/dev/null"}).out.size() ==
        20 << 20);
  const Outcome both = root.run({"sh", "-c", "echo out; echo err >&2; exec >&- 2>&-; sleep 0.1"});
  CHECK(both.out == "out\n");
  CHECK(both.err == "err\n");
  root.spec.output = nullptr;
  root.spec.argv = {"echo", "unheard"};
  CHECK(sandbox::run(root.spec, never()).ok());
}

TEST_CASE("changes are in the upper directory, mount points are not") {
  Root root;
  root.spec.resolv_conf = "nameserver 192.0.2.1\n";
  root.spec.hosts = "192.0.2.2 there\n";
  root.spec.mounts = {TmpfsMount{.target = "/var/cache/x"},
                      MemoryFile{.target = "/run/secrets/s", .content = "secret"}};
  CHECK(root.sh("cat /etc/resolv.conf /etc/hosts") == root.spec.resolv_conf + root.spec.hosts);
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
  const std::string told = error_of([&] { check_writable_overlay(store); });
  CHECK(told.find("overlayfs itself") != std::string::npos);
  CHECK(told.find("--root DIR") != std::string::npos);

  root.spec.root = {store, {"lower"}, "upper", "work"};
  const std::string failed = error_of([&] { root.run({"true"}); });
  CHECK(failed.find("mount an overlay in " + store) != std::string::npos);
  CHECK(failed.find("Invalid argument") != std::string::npos);
  CHECK(failed.find("--root DIR") != std::string::npos);

  root.spec.root = {root.base, {"lower"}, "upper", "missing"};
  CHECK(error_of([&] { root.run({"true"}); }).find("No such file") != std::string::npos);
  ::umount2(store.c_str(), MNT_DETACH);
  CHECK_NOTHROW(check_writable_overlay(root.base));
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

TEST_CASE("several sandboxes and detached mounts at once do not disturb each other") {
  constexpr int kThreads = 4;
  std::vector<std::unique_ptr<Root>> roots;
  for (int i = 0; i < kThreads; ++i)
    roots.push_back(std::make_unique<Root>());
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      Root& root = *roots[i];
      const std::string text = "thread-" + std::to_string(i);
      for (int round = 0; round < 10; ++round) {
        const Outcome outcome =
            root.run({"sh", "-c", "echo " + text + " | tee /tmp/x; sleep 0.01"});
        if (outcome.status.code != 0 || outcome.out != text + "\n") ++failures;
        const Fd fd = mount_detached(root.spec.root);
        if (!try_open_in_root(fd, "/tmp/x", O_RDONLY)) ++failures;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(failures == 0);
}

}  // namespace cbuild::sandbox
