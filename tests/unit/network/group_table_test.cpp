// Rules of a group's table: who may be in it, who reaches what.
#include "src/network/group_table.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"
#include "src/network/publication.h"
#include "tests/unit/network/group_town.h"

namespace cbuild::network {

namespace {

std::string target(const GroupTable& table, const char* asker, const char* asked) {
  const auto found = table.target_of(address(asker, 40000), address(asked, 80));
  return found ? found->to_string() : "none";
}

std::string refusal(const GroupTable& table, const Bridge& wanted) {
  try {
    table.check(wanted);
    return "none";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a container reaches the outside, and no address of the group or of the host itself") {
  const Town town;

  struct Row {
    const char* asker;
    const char* asked;
    const char* target;
  };

  const Row rows[] = {
      {"10.89.0.2", "192.0.2.1", "192.0.2.1:80"}, {"10.89.1.2", "10.1.2.3", "10.1.2.3:80"},
      {"10.89.0.2", "10.89.1.2", "none"},         {"10.89.0.2", "10.89.1.1", "none"},
      {"10.89.0.2", "10.89.0.1", "none"},         {"10.89.0.2", "10.89.0.255", "none"},
      {"10.89.0.2", "127.0.0.1", "none"},         {"10.89.0.2", "169.254.169.254", "none"},
      {"10.89.0.2", "255.255.255.255", "none"},   {"10.89.2.2", "192.0.2.1", "none"},  // internal
      {"10.89.0.99", "192.0.2.1", "none"},                                             // nobody
      {"192.0.2.9", "192.0.2.1", "none"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.asker);
    CAPTURE(row.asked);
    CHECK(target(town.table, row.asker, row.asked) == row.target);
  }
}

TEST_CASE("the gateway leads to loopback of the host for who has asked for it, but not inside") {
  Town town;
  for (const char* network : {"front", "cellar"}) {
    const bool is_front = std::string_view(network) == "front";
    town.table.add({.attachment = {.network = network,
                                   .address = address(is_front ? "10.89.0.9" : "10.89.2.9"),
                                   .host_gateway = true}});
  }
  CHECK(target(town.table, "10.89.0.9", "10.89.0.1") == "127.0.0.1:80");
  CHECK(target(town.table, "10.89.0.9", "10.89.1.1") == "none");
  CHECK(target(town.table, "10.89.2.9", "10.89.2.1") == "none");
  for (const BridgeRules& rules : town.table.rules()) {
    CAPTURE(rules.link);
    CHECK(rules.gateway_users.size() == (rules.link == 11 ? 1 : 0));
    CHECK(rules.internal == (rules.link == 13));
  }
}

TEST_CASE("a bridge that cannot be is refused with the reason") {
  const Town town;
  const auto contains = [](const std::string& text, std::string_view part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  CHECK(refusal(town.table, bridge("new", "10.89.3.0/24")) == "none");
  contains(refusal(town.table, bridge("front", "10.89.3.0/24")), "network front is there already");
  contains(refusal(town.table, bridge("new", "10.89.1.0/25")),
           "the subnet 10.89.1.0/25 overlaps 10.89.1.0/24 of network back");
  Bridge wanted = bridge("new", "10.89.3.0/24");
  wanted.gateway = address("10.89.4.1");
  contains(refusal(town.table, wanted), "the gateway 10.89.4.1 is not in the subnet");
  wanted = bridge("new", "10.89.3.0/24");
  wanted.id = "0123456789abc";
  contains(refusal(town.table, wanted), "is no ID");
  wanted.id = "../x";
  contains(refusal(town.table, wanted), "is no ID");
  wanted = bridge("new", "10.89.3.0/24");
  wanted.mtu = 100;
  contains(refusal(town.table, wanted), "an MTU of 100 is not possible");
}

TEST_CASE("a network is removed when nobody is in it") {
  Town town;
  CHECK_THROWS_WITH(town.table.remove("cellar"), "network cellar is in use by safe");
  const GroupTable::Member* safe = town.table.find(address("10.89.2.2", 80));
  REQUIRE(safe != nullptr);
  CHECK(town.table.remove(Attachment::Id{7}).value().container == 6);
  CHECK(!town.table.remove(Attachment::Id{7}));
  CHECK(town.table.remove("cellar").link == 13);
  CHECK_THROWS_WITH(town.table.remove("cellar"), "network cellar not found");
}

TEST_CASE("a client's address is kept where answers to it come back") {
  Town town;
  const auto seen = [&](const char* target, const char* client) -> std::string {
    const auto route = town.table.route_to(address(target, 80));
    if (!route) return "no route";
    const auto source = source_for(*route, address(client, 5555));
    return source ? source->to_string() : "gateway";
  };
  CHECK(seen("10.89.0.2", "192.0.2.1") == "192.0.2.1:0");
  CHECK(seen("10.89.0.2", "127.0.0.1") == "gateway");
  CHECK(seen("10.89.0.2", "127.9.9.9") == "gateway");
  CHECK(seen("10.89.0.2", "::1") == "gateway");
  CHECK(seen("10.89.0.2", "2001:db8::1") == "gateway");
  CHECK(seen("10.89.0.2", "10.89.1.77") == "gateway");  // would be an address of the group
  CHECK(seen("10.89.2.2", "192.0.2.1") == "gateway");   // no route out of an internal network
  CHECK(seen("10.89.0.77", "192.0.2.1") == "no route");
}

}  // namespace cbuild::network
