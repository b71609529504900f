// Sizes of memory, --ulimit, --add-host and --dns.
#include <sys/resource.h>

#include "src/cli/host_flag.h"
#include "src/cli/memory_size.h"
#include "src/cli/ulimit_flag.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

TEST_CASE("sizes of memory are powers of 1024") {
  struct Row {
    const char* text;
    std::uint64_t bytes;
  };

  constexpr std::uint64_t kKiB = 1 << 10;
  const Row rows[] = {
      {"0", 0},
      {"512", 512},
      {"512b", 512},
      {"1k", kKiB},
      {"1K", kKiB},
      {"1kb", kKiB},
      {"1KiB", kKiB},
      {"100k", 100 * kKiB},
      {"512m", 512 * kKiB * kKiB},
      {"1.5g", 1536 * kKiB * kKiB},
      {"1.5GiB", 1536 * kKiB * kKiB},
      {"2t", 2 * kKiB * kKiB * kKiB * kKiB},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_memory("--memory", row.text) == row.bytes);
  }
  for (const char* text : {"", "m", "1x", "-1", "1m1", "1.2.3", "m1", "1e400"}) {
    CHECK(refusal_of([&] { parse_memory("--memory", text); }) ==
          "--memory '" + std::string(text) + "': want a size such as 64m or 1g");
  }
}

TEST_CASE("a resource limit has a name, a soft and a hard value") {
  using sandbox::ResourceLimit;
  CHECK(parse_ulimit("nofile=1024") == ResourceLimit{RLIMIT_NOFILE, 1024, 1024});
  CHECK(parse_ulimit("nofile=1024:2048") == ResourceLimit{RLIMIT_NOFILE, 1024, 2048});
  CHECK(parse_ulimit("core=-1") == ResourceLimit{RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY});
  CHECK(parse_ulimit("core=0:unlimited") == ResourceLimit{RLIMIT_CORE, 0, RLIM_INFINITY});
  const auto why = [](const std::string& text) { return refusal_of([&] { parse_ulimit(text); }); };
  CHECK(why("nofiles=1").find("did you mean nofile?") != std::string::npos);
  for (const char* text : {"nofile", "nofile=", "nofile=2:1", "nofile=1:2:3", "nofile=x"}) {
    CAPTURE(text);
    CHECK(why(text).find("want nofile=SOFT[:HARD]") != std::string::npos);
  }
}

TEST_CASE("a line of /etc/hosts has a name and an address") {
  struct Row {
    const char* text;
    const char* name;
    const char* address;
  };

  const Row rows[] = {
      {"db:10.0.0.5", "db", "10.0.0.5"},
      {"db=10.0.0.5", "db", "10.0.0.5"},
      {"db:fd00::5", "db", "fd00::5"},
      {"db:[fd00::5]", "db", "fd00::5"},
      {"db=::1", "db", "::1"},
      {"host.docker.internal:host-gateway", "host.docker.internal", "host-gateway"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const ops::HostEntry entry = parse_host_flag(row.text);
    CHECK(entry.name == row.name);
    CHECK(entry.address == row.address);
  }
  for (const char* text :
       {"", "db", "db:", ":10.0.0.5", "db:10.0.0", "d b:10.0.0.5", "#:10.0.0.5"}) {
    CAPTURE(text);
    CHECK(refusal_of([&] {
            parse_host_flag(text);
          }).starts_with("--add-host '" + std::string(text) + "': want HOST:ADDRESS"));
  }
}

TEST_CASE("a DNS server is an address") {
  CHECK(parse_dns_flag("10.0.0.1") == "10.0.0.1");
  CHECK(parse_dns_flag("fd00::1") == "fd00::1");
  for (const char* text : {"", "dns.example", "10.0.0", "10.0.0.1:53"}) {
    CHECK(refusal_of([&] { parse_dns_flag(text); }) ==
          "--dns '" + std::string(text) + "': want an IPv4 or IPv6 address");
  }
}

}  // namespace
}  // namespace cbuild::cli
