// Helper programs: what ends them, and with whom.
#include "cbuild/util/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

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
