// Rules of the batch of nftables: it is one transaction, and drops what it does not name.
#include "src/network/rules.h"

#include <doctest/doctest.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "src/network/addresses.h"

namespace cbuild::network {

namespace {

std::uint16_t type_of(const NetlinkMessage& message) {
  nlmsghdr header;
  std::memcpy(&header, message.bytes().data(), sizeof header);
  return header.nlmsg_type;
}

bool contains(const NetlinkMessage& message, std::span<const std::uint8_t> bytes) {
  return !std::ranges::search(message.bytes(), std::as_bytes(bytes)).empty();
}

std::size_t count_rules(const std::vector<NetlinkMessage>& batch) {
  const auto is_rule = [](const NetlinkMessage& message) {
    return type_of(message) == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE);
  };
  return static_cast<std::size_t>(std::ranges::count_if(batch, is_rule));
}

}  // namespace

TEST_CASE("the rules are one batch, whose last message wants the answer") {
  const auto batch = border_rules(choose_addresses({}, {}), {1, 2});
  CHECK(type_of(batch.front()) == NFNL_MSG_BATCH_BEGIN);
  CHECK(type_of(batch.back()) == NFNL_MSG_BATCH_END);
  for (std::size_t i = 0; i < batch.size(); ++i)
    CHECK(batch[i].wants_answer() == (i + 2 == batch.size()));
}

TEST_CASE("own addresses have a rule each, IPv6 only where the network has it") {
  const Addresses v4 = choose_addresses({}, {});
  const Addresses both = choose_addresses({}, {.v6 = true});
  CHECK(count_rules(border_rules(v4, {1, 2})) == 6);
  CHECK(count_rules(border_rules(both, {1, 2})) == 7);
  const auto batch = border_rules(both, {1, 2});
  for (const Endpoint& own : {both.guest_v4, both.resolver_v4, *both.guest_v6}) {
    CHECK(std::ranges::any_of(
        batch, [&](const NetlinkMessage& message) { return contains(message, own.bytes()); }));
  }
}

TEST_CASE("the ports of the border stand in the rules for TCP and UDP, in network order") {
  const auto batch = border_rules(choose_addresses({}, {}), {0x1234, 0x5678});
  const std::uint8_t tcp[] = {0x12, 0x34};
  const std::uint8_t udp[] = {0x56, 0x78};
  CHECK(contains(batch[batch.size() - 3], tcp));
  CHECK(contains(batch[batch.size() - 2], udp));
}

TEST_CASE("a bridge has its own rules: the gateway, its users, and the way out") {
  const Endpoint gateway = *Endpoint::parse("10.89.0.1", 0);
  const Endpoint user = *Endpoint::parse("10.89.0.7", 0);
  BridgeRules bridge{.link = 5, .gateway = gateway, .internal = false, .gateway_users = {}};
  CHECK(count_rules(group_rules({}, {1, 2})) == 0);
  CHECK(count_rules(group_rules({bridge}, {1, 2})) == 3);
  CHECK(count_rules(group_rules({bridge, bridge}, {1, 2})) == 6);
  bridge.gateway_users = {user};
  CHECK(count_rules(group_rules({bridge}, {1, 2})) == 5);
  const auto batch = group_rules({bridge}, {1, 2});
  CHECK(std::ranges::count_if(batch, [&](const NetlinkMessage& message) {
          return contains(message, user.bytes()) && contains(message, gateway.bytes());
        }) == 2);
  bridge.internal = true;
  bridge.gateway_users = {};
  CHECK(count_rules(group_rules({bridge}, {1, 2})) == 1);
}

}  // namespace cbuild::network
