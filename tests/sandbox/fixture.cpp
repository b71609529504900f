// Root file systems for tests; see fixture.h.
#include "tests/sandbox/fixture.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "cbuild/util/fs.h"

namespace cbuild::sandbox {

Workspace& workspace() {
  // A program that tests another isolation than namespaces is told so.
  const char* const wanted = ::getenv("CBUILD_ISOLATION");
  static Workspace entered(never(), {.wanted = parse_isolation(wanted != nullptr ? wanted : ""),
                                     .environment = nullptr});
  entered.enter();
  return entered;
}

const CancelToken& never() {
  static const CancelToken token;
  return token;
}

Root::Root() {
  const char* const busybox = ::getenv("CBUILD_BUSYBOX");
  const char* const probe = ::getenv("CBUILD_PROBE");
  REQUIRE((busybox != nullptr && probe != nullptr));
  workspace();
  std::string name = fs::temp_directory_path() / "sandbox-test.XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  base = name;
  for (const char* path : {"lower/bin", "lower/tmp", "lower/root", "upper", "work", "canary"}) {
    fs::create_directories(base / path);
  }
  fs::copy_file(busybox, base / "lower/bin/busybox");
  fs::copy_file(probe, base / "lower/bin/probe");
  for (const char* applet :
       {"sh",  "cat", "ls",       "id",       "sleep", "setsid", "touch", "rm",   "mkdir",
        "mv",  "ln",  "chmod",    "echo",     "kill",  "grep",   "dd",    "stat", "true",
        "pwd", "ps",  "hostname", "ifconfig", "env",   "wc",     "chown", "head", "readlink",
        "ip",  "tee", "tty",      "stty",     "tail",  "mount"}) {
    fs::create_symlink("busybox", base / "lower/bin" / applet);
  }
  spec.root = {base, {"lower"}, "upper", "work"};
  if (workspace().isolation() == Isolation::chroot) spec.root = {base, {}, "lower", ""};
  spec.env = {"PATH=/bin", "HOME=/root"};
}

Root::~Root() {
  remove_tree(AT_FDCWD, base);
}

Outcome Root::run(std::vector<std::string> argv) {
  Outcome outcome;
  spec.argv = std::move(argv);
  const auto output = [&](Stream stream, std::string_view text) {
    (stream == Stream::out ? outcome.out : outcome.err) += text;
  };
  outcome.status = sandbox::run(workspace(), spec, output, never());
  return outcome;
}

std::string Root::sh(const std::string& script) {
  const Outcome outcome = run({"sh", "-c", script});
  CAPTURE(script);
  CHECK(outcome.err == "");
  CHECK(outcome.status.code == 0);
  return outcome.out;
}

std::map<std::string, std::string> probe(Root& root, std::vector<std::string> arguments) {
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

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << content;
}

Paths tree_of(const fs::path& directory) {
  Paths paths;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    paths.insert(fs::relative(entry.path(), directory).string());
  }
  return paths;
}

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

bool count_becomes(const std::string& word, int wanted) {
  const auto start = Clock::now();
  while (count_processes(word) != wanted) {
    if (seconds_since(start) > 5) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace cbuild::sandbox
