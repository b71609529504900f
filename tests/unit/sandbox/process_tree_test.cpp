// Rules of finding the processes of a sandbox in /proc.
#include "src/sandbox/process_tree.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace cbuild::sandbox {

TEST_CASE("a line of /proc/PID/stat is read whatever the name of the program") {
  const std::string rest =
      " S 12 34 34 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 5 0 777 4096000 321 18446744073709551615 "
      "1\n";
  for (const char* name : {"sleep", "a) S 99 (b", "", " ", "("}) {
    CAPTURE(name);
    const auto stat = parse_process_stat(std::string("56 (") + name + ")" + rest);
    REQUIRE(stat);
    CHECK(stat->pid == 56);
    CHECK(stat->parent == 12);
    CHECK(stat->cpu == 127);
    CHECK(stat->threads == 5);
    CHECK(stat->resident == 321);
  }
  for (const char* text : {"", "56", "56 (x)", "56 (x) ", "56 (x) S 1", "x (y) S 1 2 3"}) {
    CAPTURE(text);
    CHECK(!parse_process_stat(text));
  }
}

TEST_CASE("a tree is its roots and all that descends from them, in any order") {
  const std::vector<ProcessStat> all = {{.pid = 9, .parent = 8}, {.pid = 8, .parent = 5},
                                        {.pid = 5, .parent = 1}, {.pid = 6, .parent = 1},
                                        {.pid = 7, .parent = 6}, {.pid = 1, .parent = 0}};
  const auto pids = [&](const std::vector<pid_t>& roots) {
    std::vector<pid_t> found;
    for (const ProcessStat& process : with_descendants(all, roots))
      found.push_back(process.pid);
    return found;
  };
  CHECK(pids({5}) == std::vector<pid_t>{9, 8, 5});
  CHECK(pids({8, 7}) == std::vector<pid_t>{9, 8, 7});
  CHECK(pids({4}).empty());
  CHECK(pids({}).empty());
}

}  // namespace cbuild::sandbox
