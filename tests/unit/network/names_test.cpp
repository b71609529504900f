// Rules of names: which queries are answered here, and how; which are passed on.
#include "src/network/names.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/network/dns_wire.h"
#include "tests/unit/network/group_town.h"

namespace cbuild::network {

namespace {

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kPtr = 12;
constexpr std::uint16_t kMx = 15;
constexpr std::uint16_t kAaaa = 28;

/// "ok 10.89.0.2 …", "nothing", "no such name", "refused", "upstream".
std::string asked(Names& names,
                  const char* asker,
                  std::string_view name,
                  std::uint16_t type = kA,
                  std::size_t limit = 512) {
  const std::string query = dns_query(name, type);
  const auto response = names.answer(address(asker, 4711), std::as_bytes(std::span(query)), limit);
  if (!response) return "upstream";
  CHECK(response->size() <= limit);
  const DnsResult result =
      parse_result({reinterpret_cast<const char*>(response->data()), response->size()});
  if (result.code == 3) return "no such name";
  if (result.code == 5) return "refused";
  if (result.data.empty()) return "nothing";
  std::string text = result.truncated ? "cut" : "ok";
  for (const std::string& data : result.data)
    text += " " + data;
  return text;
}

}  // namespace

TEST_CASE("who asks what gets what") {
  Town town;
  Names names(town.table);

  struct Row {
    const char* asker;
    const char* name;
    std::uint16_t type;
    const char* answer;
  };

  const Row rows[] = {
      {"10.89.0.3", "web", kA, "ok 10.89.0.2"},
      {"10.89.0.3", "WwW", kA, "ok 10.89.0.2"},
      {"10.89.0.3", "web.front", kA, "ok 10.89.0.2"},
      {"10.89.0.3", "web.FRONT", kA, "ok 10.89.0.2"},
      {"10.89.0.3", "web", kAaaa, "nothing"},
      {"10.89.0.3", "web", kMx, "nothing"},
      {"10.89.0.3", "db", kA, "no such name"},
      {"10.89.0.3", "db.back", kA, "upstream"},
      {"10.89.0.3", "both", kA, "ok 10.89.0.5"},
      {"10.89.0.3", "backside", kA, "no such name"},
      {"10.89.1.2", "both", kA, "ok 10.89.1.5"},
      {"10.89.0.5", "db", kA, "ok 10.89.1.2"},
      {"10.89.1.5", "web", kA, "ok 10.89.0.2"},
      {"10.89.1.5", "both.back", kA, "ok 10.89.1.5"},
      {"10.89.0.3", "nobody", kA, "no such name"},
      {"10.89.0.3", "nobody", kAaaa, "no such name"},
      {"10.89.0.3", "", kMx, "upstream"},
      {"10.89.0.3", "example.org", kA, "upstream"},
      {"10.89.0.3", "nobody.front", kA, "upstream"},
      {"10.89.0.3", ".front", kA, "upstream"},
      {"10.89.2.2", "safe", kA, "ok 10.89.2.2"},
      {"10.89.2.2", "example.org", kA, "no such name"},
      {"10.89.2.2", "web", kA, "no such name"},
      {"10.89.0.3", "2.0.89.10.in-addr.arpa", kPtr, "ok web.front"},
      {"10.89.0.3", "2.0.89.10.IN-ADDR.ARPA", kPtr, "ok web.front"},
      {"10.89.0.3", "2.0.89.10.in-addr.arpa", kA, "nothing"},
      {"10.89.0.3", "2.1.89.10.in-addr.arpa", kPtr, "no such name"},
      {"10.89.0.3", "99.0.89.10.in-addr.arpa", kPtr, "no such name"},
      {"10.89.0.3", "1.2.0.192.in-addr.arpa", kPtr, "upstream"},
      {"10.89.0.3", "x.0.89.10.in-addr.arpa", kPtr, "upstream"},
      {"10.89.0.99", "web", kA, "refused"},
      {"192.0.2.1", "web", kA, "refused"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asker);
    CAPTURE(row.name);
    CAPTURE(row.type);
    CHECK(asked(names, row.asker, row.name, row.type) == row.answer);
  }
}

TEST_CASE("a name of several containers has all their addresses, each first in turn") {
  Town town;
  Names names(town.table);
  CHECK(asked(names, "10.89.0.2", "app") == "ok 10.89.0.3 10.89.0.4");
  CHECK(asked(names, "10.89.0.2", "app") == "ok 10.89.0.4 10.89.0.3");
  CHECK(asked(names, "10.89.0.2", "app") == "ok 10.89.0.3 10.89.0.4");
}

TEST_CASE("names with dots are names, too") {
  Town town;
  Names names(town.table);
  town.put(9, "front", "10.89.0.90", {"api.v1"});
  CHECK(asked(names, "10.89.0.2", "api.v1") == "ok 10.89.0.90");
  CHECK(asked(names, "10.89.0.2", "api.v1.front") == "ok 10.89.0.90");
  CHECK(asked(names, "10.89.0.2", "90.0.89.10.in-addr.arpa", kPtr) == "ok api.v1.front");
}

TEST_CASE("records that do not fit are left out, and the answer says so") {
  Town town;
  Names names(town.table);
  for (int i = 100; i < 140; ++i)
    town.put(static_cast<std::uint64_t>(i), "front", ("10.89.0." + std::to_string(i)).c_str(),
             {"many"});
  CHECK(asked(names, "10.89.0.2", "many").starts_with("cut "));
  CHECK(asked(names, "10.89.0.2", "many", kA, 65535).starts_with("ok "));
}

TEST_CASE("an answer has the query's ID and question, no further records, and lives 5 s at most") {
  Town town;
  Names names(town.table);
  std::string query = dns_query("web", kA);
  query[11] = 1;
  query += std::string("\0\0\x29\4\xd0\0\0\0\0\0\0", 11);  // EDNS
  const auto response =
      names.answer(address("10.89.0.3"), std::as_bytes(std::span(query)), 512).value();
  const std::size_t question = dns_query("web", kA).size();
  REQUIRE(response.size() == question + 16);
  CHECK(response[0] == std::byte{0x12});
  CHECK(response[1] == std::byte{0x34});
  CHECK(response[2] == std::byte{0x81});  // response, recursion desired
  CHECK(response[3] == std::byte{0x80});  // recursion available
  CHECK(response[7] == std::byte{1});
  CHECK(response[11] == std::byte{0});
  CHECK(response[question + 9] <= std::byte{5});
}

TEST_CASE("what is no query has no answer") {
  Town town;
  Names names(town.table);
  const std::string query = dns_query("web", kA);
  for (std::size_t size = 0; size < query.size(); ++size)
    CHECK(!names.answer(address("10.89.0.3"), std::as_bytes(std::span(query)).first(size), 512));
  std::string response = query;
  response[2] = static_cast<char>(0x81);
  CHECK(!names.answer(address("10.89.0.3"), std::as_bytes(std::span(response)), 512));
}

}  // namespace cbuild::network
