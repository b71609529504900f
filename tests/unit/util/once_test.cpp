// Rules of Once: how often the action runs, and what becomes of its exception.
#include "cbuild/util/once.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace cbuild {

TEST_CASE("the action runs once, and every thread waits for its end") {
  Once once;
  std::atomic<int> runs = 0;
  std::atomic<int> ended = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      once.run([&] { ++runs; });
      if (runs == 1) ++ended;
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(runs == 1);
  CHECK(ended == 8);
}

TEST_CASE("an exception passes, and the next call runs the action again") {
  Once once;
  int runs = 0;
  const auto fail_first = [&] {
    if (++runs == 1) throw std::runtime_error("first");
  };
  CHECK_THROWS_AS(once.run(fail_first), std::runtime_error);
  once.run(fail_first);
  once.run(fail_first);
  CHECK(runs == 2);
}

}  // namespace cbuild
