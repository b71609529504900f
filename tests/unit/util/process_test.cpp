// Helper programs: what ends them, and with whom.
#include "cbuild/util/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "tests/support/temporary_directory.h"

namespace cbuild {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

ProcessOptions shell(const std::string& script) {
  ProcessOptions options;
  options.argv = {"sh", "-c", script};
  return options;
}

}  // namespace

TEST_CASE("a program has its input, output, directory and environment, and says how it ended") {
  const CancelToken cancel;
  ProcessOptions options = shell("cat; pwd; echo $WORD $HOME >&2; exit 5");
  options.input = "input\n";
  options.directory = "/";
  options.environment = std::vector<std::string>{"WORD=word", "PATH=/usr/bin:/bin"};
  const ProcessResult result = run_process(options, cancel);
  CHECK(result.exit_code == 5);
  CHECK(result.out == "input\n/\n");
  CHECK(result.err == "word\n");
  CHECK(run_process(shell("kill -9 $$"), cancel).exit_code == 128 + 9);
}

TEST_CASE("more than pipes hold passes both ways") {
  const CancelToken cancel;
  ProcessOptions options = shell("cat");
  options.input = std::string(500'000, 'x');
  CHECK(run_process(options, cancel).out == options.input);
  ::signal(SIGPIPE, SIG_IGN);  // as the program does
  options.argv = {"true"};     // which reads nothing of it
  CHECK(run_process(options, cancel).exit_code == 0);
}

TEST_CASE("a program that writes too much is ended") {
  const CancelToken cancel;
  ProcessOptions options = shell("while :; do echo 0123456789; done");
  options.output_limit = 1000;
  CHECK_THROWS_WITH_AS(run_process(options, cancel), "sh wrote more than 1000 bytes", Error);
}

TEST_CASE("a program that cannot be run is an error with its name") {
  const CancelToken cancel;
  ProcessOptions options;
  options.argv = {"no-such-program-of-cbuild"};
  CHECK_THROWS_WITH_AS(run_process(options, cancel),
                       "run no-such-program-of-cbuild: No such file or directory", SysError);
  CHECK_FALSE(find_program("no-such-program-of-cbuild").has_value());
  CHECK(find_program("sh").value_or("").ends_with("/sh"));
}

TEST_CASE("a file of PATH that may not be executed, and a directory, are no programs") {
  const TemporaryDirectory directory;
  write_file_atomically(directory.at("no-program"), "#!/bin/sh\n");
  make_directories(directory.at("directory"));
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", (directory.path() + ":" + path).c_str(), 1);
  const CancelToken cancel;
  ProcessOptions options;
  options.argv = {"no-program"};
  CHECK_THROWS_WITH_AS(run_process(options, cancel), "run no-program: No such file or directory",
                       SysError);
  options.argv = {"directory"};
  CHECK_THROWS_WITH_AS(run_process(options, cancel), "run directory: No such file or directory",
                       SysError);
  ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("cancelling ends the program") {
  CancelToken cancel;
  std::thread stop([&] {
    std::this_thread::sleep_for(milliseconds(50));
    cancel.cancel();
  });
  const auto begin = Clock::now();
  CHECK_THROWS_AS(run_process(shell("exec sleep 30"), cancel), Interrupted);
  CHECK(Clock::now() - begin < seconds(10));
  stop.join();
}

TEST_CASE("silence is told, and its listener may end the process") {
  const CancelToken cancel;
  ProcessOptions options;
  options.argv = {"sh", "-c", "echo begun; sleep 30"};
  milliseconds longest{0};
  options.on_silence = [&](milliseconds silence) {
    longest = silence;
    if (silence > milliseconds(1500)) throw Error("too silent");
  };
  const auto begin = Clock::now();
  CHECK_THROWS_WITH(run_process(options, cancel), "too silent");
  CHECK(longest > milliseconds(1500));
  CHECK(Clock::now() - begin < seconds(10));
}

TEST_CASE("what writes is not silent") {
  const CancelToken cancel;
  ProcessOptions options;
  options.argv = {"sh", "-c", "for i in 1 2 3 4; do echo $i; sleep 0.4; done"};
  milliseconds longest{0};
  options.on_silence = [&](milliseconds silence) { longest = std::max(longest, silence); };
  CHECK(run_process(options, cancel).exit_code == 0);
  CHECK(longest < milliseconds(1500));
}

TEST_CASE("a process of its own group is killed with its children") {
  char directory[] = "/tmp/cbuild-process-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const std::string file = std::string(directory) + "/pid";
  const CancelToken cancel;
  ProcessOptions options;
  options.argv = {"sh", "-c", "sleep 30 & echo $! >" + file + "; wait"};
  options.timeout = milliseconds(500);
  options.own_group = true;
  CHECK_THROWS_WITH(run_process(options, cancel), "sh did not end within 0 s");
  const std::string child = std::string(trim(read_file(file)));
  bool runs = true;
  for (int i = 0; i < 50 && runs; ++i) {
    const std::string status = read_file_if_exists("/proc/" + child + "/stat").value_or("");
    runs = !status.empty() && status.find(") Z") == std::string::npos;
    if (runs) std::this_thread::sleep_for(milliseconds(20));
  }
  CHECK_FALSE(runs);
  remove_tree(AT_FDCWD, directory);
}

TEST_CASE("a program has ended when it has, whoever holds its output") {
  const CancelToken cancel;
  ProcessOptions options;
  options.argv = {"/bin/sh", "-c", "echo out; echo err >&2; sleep 4 & exit 7"};
  options.own_group = true;
  const auto begin = Clock::now();
  const ProcessResult result = run_process(options, cancel);
  CHECK(Clock::now() - begin < seconds(3));
  CHECK(result.exit_code == 7);
  CHECK(result.out == "out\n");
  CHECK(result.err == "err\n");
}

TEST_CASE("a program that closed its output is waited for, and killed in time") {
  const CancelToken cancel;
  ProcessOptions options;
  options.argv = {"/bin/sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 3"};
  CHECK(run_process(options, cancel).exit_code == 3);
  options.argv = {"/bin/sh", "-c", "exec >&- 2>&-; sleep 20"};
  options.timeout = milliseconds(200);
  options.own_group = true;
  CHECK_THROWS_WITH_AS(run_process(options, cancel), doctest::Contains("did not end"), Error);
}

}  // namespace cbuild
