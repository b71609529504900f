// Work on several threads, with an end.
#include "cbuild/util/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace cbuild {

TEST_CASE("every index is taken once, whatever the number of threads") {
  for (const std::size_t threads : {0, 1, 2, 7, 100}) {
    CAPTURE(threads);
    std::vector<std::atomic<int>> taken(50);
    parallel_for(taken.size(), threads, [&](std::size_t i) { ++taken[i]; });
    for (const std::atomic<int>& times : taken)
      CHECK(times == 1);
  }
}

TEST_CASE("nothing to do is done at once") {
  parallel_for(0, 4, [](std::size_t) { FAIL("no index"); });
}

TEST_CASE("no more threads than allowed, and the caller is one of them") {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  parallel_for(100, 3, [&](std::size_t) {
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  CHECK(seen.size() <= 3);
  seen.clear();
  parallel_for(3, 1, [&](std::size_t) { seen.insert(std::this_thread::get_id()); });
  CHECK(seen == std::set{std::this_thread::get_id()});
}

TEST_CASE("the first failure ends the work and is thrown again") {
  std::atomic<int> begun{0};
  CHECK_THROWS_WITH_AS(parallel_for(1'000'000, 2,
                                    [&](std::size_t) {
                                      ++begun;
                                      throw std::runtime_error("failed");
                                    }),
                       "failed", std::runtime_error);
  CHECK(begun <= 2);
}

TEST_CASE("there is a processor") {
  CHECK(processor_count() >= 1);
}

}  // namespace cbuild
