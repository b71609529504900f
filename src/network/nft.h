// One batch of nftables for a netlink socket of NETLINK_NETFILTER.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "src/network/netlink.h"

namespace cbuild::network {

class Endpoint;

/// The expressions of one rule, in order: what a packet has to be, then what is done with it.
class Rule {
 public:
  explicit Rule(NetlinkMessage& list) : list_(list) {}

  /// Has come in by the link of this index.
  Rule& from_link(unsigned index);
  /// NFPROTO_IPV4, NFPROTO_IPV6.
  Rule& family(std::uint8_t protocol);
  /// IPPROTO_TCP, IPPROTO_UDP.
  Rule& transport(std::uint8_t protocol);
  /// Comes from this address. Asks for its family, too.
  Rule& source(const Endpoint& address);
  /// Is for 127.0.0.0/8.
  Rule& loopback_v4();
  /// Is for this address. Asks for its family, too.
  Rule& destination(const Endpoint& address);
  /// Is for another port than this one. @pre transport() was asked for
  Rule& not_port(std::uint16_t port);

  /// Hands the packet to the connection that it belongs to, or else to the transparent socket at
  /// `port`, of whichever address.
  Rule& tproxy(std::uint16_t port);
  /// Sets the mark of the packet, for the rules of routing.
  Rule& mark(std::uint32_t value);
  void accept();

 private:
  enum class Is : std::uint8_t { equal, different };

  template <typename Fill>
  void add(const char* name, Fill&& fill);
  void load_meta(std::uint32_t key);
  void load_payload(std::uint32_t base, std::uint32_t offset, std::size_t size);
  void set_register(std::span<const std::byte> value);
  void compare(std::span<const std::byte> value, Is is = Is::equal);

  NetlinkMessage& list_;
};

/// The table "cbuild" with one chain, where packets come in: what no rule accepts is dropped. The
/// batch is one transaction, and puts the table in the place of the former one. Builders are pure.
class RuleBatch {
 public:
  RuleBatch();

  /// Adds a rule behind the others: `fill(Rule&)` says what it is.
  template <typename Fill>
  void add(Fill&& fill) {
    NetlinkMessage message = new_rule();
    message.nested(rule_expressions(), [&](NetlinkMessage& list) {
      Rule rule(list);
      fill(rule);
    });
    batch_.push_back(std::move(message));
  }

  /// For NetlinkSocket::transact().
  std::vector<NetlinkMessage> finish() &&;

 private:
  static NetlinkMessage new_rule();
  static std::uint16_t rule_expressions() noexcept;

  std::vector<NetlinkMessage> batch_;
};

}  // namespace cbuild::network
