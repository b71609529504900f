// Rules of run(): output, cancelling, and the end of a sandbox.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "cbuild/sandbox/detached_mount.h"
#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "tests/sandbox/fixture.h"

namespace cbuild::sandbox {

TEST_CASE("without isolation nothing is run, and the reason is told") {
  Workspace nothing(never(), {.wanted = Isolation::none, .environment = nullptr});
  CHECK(nothing.isolation() == Isolation::none);
  CHECK(nothing.enter());
  Root root;
  root.spec.argv = {"true"};
  CHECK(error_of([&] { start(nothing, root.spec); }).find("--isolation none") != std::string::npos);
  CHECK(error_of([&] { nothing.require_run(); }).find("--isolation none") != std::string::npos);
  CHECK(error_of([&] { workspace().require_run(); }) == "");
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
  CHECK_THROWS_AS(sandbox::run(workspace(), root.spec, nullptr, token), Interrupted);
  CHECK(seconds_since(start) < 2);
  CHECK(count_processes("31338") == 0);
  canceller.join();
  CHECK_THROWS_AS(sandbox::run(workspace(), root.spec, nullptr, token), Interrupted);
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
    const auto output = [&](Stream stream, std::string_view text) {
      heard[stream == Stream::out ? 0 : 1] += text.size();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (seconds_since(start) > 0.5) token.cancel();
      REQUIRE(seconds_since(start) < 10);
    };
    CHECK_THROWS_AS(sandbox::run(workspace(), root.spec, output, token), Interrupted);
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
  const auto output = [&](Stream, std::string_view text) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the step is over meanwhile
    size += text.size();
  };
  CHECK(sandbox::run(workspace(), root.spec, output, token).ok());
  CHECK(size >= 120000);
}

TEST_CASE("a callback that throws ends the run") {
  Root root;
  root.spec.argv = {"sh", "-c", "while true; do echo x; sleep 31339; done"};
  const auto output = [](Stream, std::string_view) { throw std::runtime_error("enough"); };
  CHECK_THROWS_WITH(sandbox::run(workspace(), root.spec, output, never()), "enough");
  CHECK(count_processes("31339") == 0);
}

TEST_CASE("a sandbox dies with the process that made it") {
  Root root;
  const pid_t child = ::fork();
  if (child == 0) {
    root.spec.argv = {"sleep", "31340"};
    try {
      sandbox::run(workspace(), root.spec, nullptr, never());
    } catch (...) {
    }
    ::_exit(0);
  }
  CHECK(count_becomes("31340", 1));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(count_becomes("31340", 0));
}

TEST_CASE("all output arrives, on its own stream") {
  Root root;
  CHECK(root.run({"sh", "-c", "dd if=/dev/zero bs=1M count=20 2>/dev/null"}).out.size() ==
        20 << 20);
  const Outcome both = root.run({"sh", "-c", "echo out; echo err >&2; exec >&- 2>&-; sleep 0.1"});
  CHECK(both.out == "out\n");
  CHECK(both.err == "err\n");
  root.spec.argv = {"echo", "unheard"};
  CHECK(sandbox::run(workspace(), root.spec, nullptr, never()).ok());
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
