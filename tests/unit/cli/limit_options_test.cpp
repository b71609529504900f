// Tests: the flags that limit RUN steps → request.
#include "src/cli/limit_options.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "cbuild/build/request.h"
#include "cbuild/sandbox/limits.h"
#include "tests/unit/cli/build_request.h"

namespace cbuild::cli {
namespace {

build::Request request(const std::vector<std::string>& words) {
  return request_of(
      words, [](const char*) { return std::nullopt; }, "/");
}

sandbox::GroupLimits limits(std::vector<std::string> words) {
  words.insert(words.begin(), ".");
  return request(words).run.group_limits;
}

std::string refusal(std::vector<std::string> words) {
  words.insert(words.begin(), ".");
  return refusal_of([&] { request(words); });
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::uint64_t kMiB = 1 << 20;

TEST_CASE("resource limits have docker's names and a soft and a hard value") {
  const auto limit = [](const std::string& text) {
    return request({".", "--ulimit", text}).run.limits.at(0);
  };
  CHECK(limit("nofile=1024") == sandbox::ResourceLimit{RLIMIT_NOFILE, 1024, 1024});
  CHECK(limit("nofile=1024:2048") == sandbox::ResourceLimit{RLIMIT_NOFILE, 1024, 2048});
  CHECK(limit("core=0:-1") == sandbox::ResourceLimit{RLIMIT_CORE, 0, RLIM_INFINITY});
  CHECK(holds(refusal({"--ulimit", "nofil=1"}), "did you mean nofile?"));
  for (const char* wrong : {"nofile", "nofile=", "nofile=x", "nofile=2:1", "nofile=-1:5"})
    CHECK(holds(refusal({"--ulimit", wrong}), "want nofile=SOFT[:HARD]"));
}

TEST_CASE("sizes of /dev/shm are powers of 1024") {
  const auto size = [](const std::string& text) {
    return request({".", "--shm-size", text}).run.shm_size.value_or(0);
  };
  CHECK(size("64m") == 64 << 20);
  CHECK(size("1GB") == 1 << 30);
  CHECK(size("2gib") == 2ULL << 30);
  CHECK(size("4096") == 4096);
  for (const char* wrong : {"x", "1x", "m"})
    CHECK(holds(refusal({"--shm-size", wrong}), "want a size"));
}

TEST_CASE("a size of /dev/shm may be of tera") {
  CHECK(request({".", "--shm-size", "1t"}).run.shm_size == 1ULL << 40);
  CHECK(request({".", "--shm-size", "1.5g"}).run.shm_size == 3ULL << 29);
}

TEST_CASE("resource limits are kept in the order they are given") {
  const auto given =
      request({".", "--ulimit", "nproc=5", "--ulimit", "nofile=unlimited"}).run.limits;
  REQUIRE(given.size() == 2);
  CHECK(given[0] == sandbox::ResourceLimit{RLIMIT_NPROC, 5, 5});
  CHECK(given[1] == sandbox::ResourceLimit{RLIMIT_NOFILE, RLIM_INFINITY, RLIM_INFINITY});
}

TEST_CASE("without flags nothing is asked for") {
  CHECK(limits({}) == sandbox::GroupLimits{});
  // docker's words for "no limit".
  CHECK(limits({"--memory", "0", "--memory-swap", "0", "--cpus", "0", "--cpu-quota", "-1",
                "--cpu-period", "0", "--cpu-shares", "0"}) == sandbox::GroupLimits{});
  CHECK(limits({"-m", "-1"}) == sandbox::GroupLimits{});
}

TEST_CASE("memory has units of 1024 and docker's minimum; swap is counted with it") {
  CHECK(limits({"-m", "64m"}).memory == 64 * kMiB);
  CHECK(limits({"--memory=6291456b"}).memory == 6 * kMiB);
  CHECK(limits({"-m", "1.5g"}).memory == 1536 * kMiB);
  CHECK(limits({"-m", "64m", "--memory-swap", "1g"}).memory_swap == 1024 * kMiB);
  CHECK(limits({"-m", "64m", "--memory-swap", "64m"}).memory_swap == 64 * kMiB);
  CHECK(limits({"-m", "64m", "--memory-swap", "-1"}).memory_swap == sandbox::kUnlimited);
  CHECK(limits({"-m", "64m", "--memory-swap=-1"}).memory_swap == sandbox::kUnlimited);
  CHECK(limits({"-m", "64m"}).memory_swap == 0);

  CHECK(refusal({"-m", "6291455"}) == "--memory '6291455': want at least 6m");
  for (const char* wrong : {"x", "1x", "m", "-2", "1e400"})
    CHECK(holds(refusal({"--memory", wrong}), "want a size such as 64m or 1g"));
  CHECK(holds(refusal({"--memory-swap", "1g"}), "--memory-swap '1g': it is the limit of memory"));
  CHECK(holds(refusal({"--memory-swap", "-1"}), "needs --memory"));
  CHECK(holds(refusal({"-m", "64m", "--memory-swap", "63m"}), "at least the value of --memory"));
}

TEST_CASE("CPU time is a number of CPUs, or a quota in a period") {
  CHECK(limits({"--cpus", "1.5"}).nano_cpus == 1'500'000'000);
  CHECK(limits({"--cpus", ".01"}).nano_cpus == 10'000'000);
  CHECK(limits({"--cpu-quota", "20000"}).cpu_quota == 20'000);
  CHECK(limits({"--cpu-period", "50000"}).cpu_period == 50'000);
  for (const char* wrong : {"x", "-1", "0.009", "1,5", "1e2", "inf", "nan", "2x", "99999"})
    CHECK(holds(refusal({"--cpus", wrong}), "want a number of CPUs such as 1.5"));
  for (const char* wrong : {"x", "999", "-2", "1.5"})
    CHECK(holds(refusal({"--cpu-quota", wrong}), "--cpu-quota '" + std::string(wrong)));
  for (const char* wrong : {"999", "1000001", "-1"})
    CHECK(holds(refusal({"--cpu-period", wrong}), "want a number from 1000 to 1000000"));
  for (const char* other : {"--cpu-quota=2000", "--cpu-period=2000"}) {
    CHECK(refusal({"--cpus", "1", other}) ==
          "--cpus cannot be used together with --cpu-quota or --cpu-period");
  }
}

TEST_CASE("shares are what the kernel takes") {
  CHECK(limits({"-c", "2"}).cpu_shares == 2);
  CHECK(limits({"--cpu-shares", "262144"}).cpu_shares == 262'144);
  for (const char* wrong : {"1", "262145", "x", "-1"})
    CHECK(holds(refusal({"--cpu-shares", wrong}), "want a number from 2 to 262144"));
}

TEST_CASE("sets of CPUs and nodes are lists of numbers and ranges") {
  CHECK(limits({"--cpuset-cpus", "0-2,5"}).cpus == std::vector<unsigned>{0, 1, 2, 5});
  CHECK(limits({"--cpuset-mems", "0"}).memory_nodes == std::vector<unsigned>{0});
  for (const char* flag : {"--cpuset-cpus", "--cpuset-mems"}) {
    for (const char* wrong : {"x", "1-", "3-1", ",", "-1"})
      CHECK(holds(refusal({flag, wrong}), "want numbers and ranges such as 0-3,5"));
  }
}

TEST_CASE("a limit of processes may be lifted") {
  CHECK(limits({"--pids-limit", "100"}).pids == 100);
  for (const char* none : {"-1", "0"})
    CHECK(limits({"--pids-limit", none}).pids == sandbox::kUnlimited);
  for (const char* wrong : {"x", "-2", "1.5", "99999999999"})
    CHECK(holds(refusal({"--pids-limit", wrong}), "or -1 for no limit"));
}

}  // namespace
}  // namespace cbuild::cli
