// Builds the batch of nftables; see rules.h.
//
// In the language of nft(8):
//
//   table inet cbuild {
//     chain border {
//       type filter hook prerouting priority mangle; policy drop;
//       ip daddr 127.0.0.0/8 accept
//       ip daddr 10.89.0.2 accept
//       ip daddr 10.89.0.1 accept
//       ip6 daddr ::1 accept
//       ip6 daddr fd89:cb1d::2 accept
//       meta l4proto tcp tproxy to :PORT accept
//       meta l4proto udp tproxy to :PORT accept
//     }
//   }
#include "src/network/rules.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <span>
#include <string_view>

#include "src/network/addresses.h"

namespace cbuild::network {

namespace {

constexpr const char* kTable = "cbuild";
constexpr const char* kChain = "border";
constexpr int kMangle = -150;  // NF_IP_PRI_MANGLE
constexpr std::uint32_t kOffsetOfDestinationV4 = 16;
constexpr std::uint32_t kOffsetOfDestinationV6 = 24;

NetlinkMessage nft(std::uint16_t type, std::uint16_t flags) {
  NetlinkMessage message(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type),
                         static_cast<std::uint16_t>(flags | NLM_F_ACK));
  message.header(nfgenmsg{NFPROTO_INET, NFNETLINK_V0, 0});
  return message;
}

/// Begin and end of a batch: what is between them is done as a whole.
NetlinkMessage batch_mark(std::uint16_t type) {
  NetlinkMessage message(type, 0);
  message.header(nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)});
  return message;
}

/// The expressions of one rule, in order. Each loads a register, compares it, or acts.
class Expressions {
 public:
  explicit Expressions(NetlinkMessage& list) : list_(list) {}

  void load_meta(std::uint32_t key) {
    add("meta", [&](NetlinkMessage& data) {
      data.big_endian(NFTA_META_KEY, key).big_endian(NFTA_META_DREG, NFT_REG_1);
    });
  }

  void load_network_header(std::uint32_t offset, std::size_t size) {
    add("payload", [&](NetlinkMessage& data) {
      data.big_endian(NFTA_PAYLOAD_DREG, NFT_REG_1)
          .big_endian(NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER)
          .big_endian(NFTA_PAYLOAD_OFFSET, offset)
          .big_endian(NFTA_PAYLOAD_LEN, static_cast<std::uint32_t>(size));
    });
  }

  void equals(std::span<const std::byte> value) {
    add("cmp", [&](NetlinkMessage& data) {
      data.big_endian(NFTA_CMP_SREG, NFT_REG_1).big_endian(NFTA_CMP_OP, NFT_CMP_EQ);
      data.nested(NFTA_CMP_DATA,
                  [&](NetlinkMessage& inner) { inner.attribute(NFTA_DATA_VALUE, value); });
    });
  }

  void equals(std::uint8_t value) { equals(std::as_bytes(std::span(&value, 1))); }

  /// Hands the packet to the transparent socket at `port`, of whichever address.
  void tproxy(std::uint16_t port) {
    const std::uint16_t big_endian = htons(port);
    add("immediate", [&](NetlinkMessage& data) {
      data.big_endian(NFTA_IMMEDIATE_DREG, NFT_REG_1);
      data.nested(NFTA_IMMEDIATE_DATA, [&](NetlinkMessage& inner) {
        inner.attribute(NFTA_DATA_VALUE, std::as_bytes(std::span(&big_endian, 1)));
      });
    });
    add("tproxy", [&](NetlinkMessage& data) {
      data.big_endian(NFTA_TPROXY_FAMILY, NFPROTO_UNSPEC)
          .big_endian(NFTA_TPROXY_REG_PORT, NFT_REG_1);
    });
  }

  void accept() {
    add("immediate", [](NetlinkMessage& data) {
      data.big_endian(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
      data.nested(NFTA_IMMEDIATE_DATA, [](NetlinkMessage& inner) {
        inner.nested(NFTA_DATA_VERDICT, [](NetlinkMessage& verdict) {
          verdict.big_endian(NFTA_VERDICT_CODE, NF_ACCEPT);
        });
      });
    });
  }

 private:
  template <typename Fill>
  void add(const char* name, Fill&& fill) {
    list_.nested(NFTA_LIST_ELEM, [&](NetlinkMessage& expression) {
      expression.text(NFTA_EXPR_NAME, name);
      expression.nested(NFTA_EXPR_DATA, fill);
    });
  }

  NetlinkMessage& list_;
};

NetlinkMessage new_table() {
  NetlinkMessage message = nft(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
  message.text(NFTA_TABLE_NAME, kTable);
  return message;
}

NetlinkMessage new_chain() {
  NetlinkMessage message = nft(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  message.text(NFTA_CHAIN_TABLE, kTable).text(NFTA_CHAIN_NAME, kChain);
  message.nested(NFTA_CHAIN_HOOK, [](NetlinkMessage& hook) {
    hook.big_endian(NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING)
        .big_endian(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(kMangle));
  });
  message.text(NFTA_CHAIN_TYPE, "filter").big_endian(NFTA_CHAIN_POLICY, NF_DROP);
  return message;
}

template <typename Fill>
NetlinkMessage new_rule(Fill&& fill) {
  NetlinkMessage message = nft(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  message.text(NFTA_RULE_TABLE, kTable).text(NFTA_RULE_CHAIN, kChain);
  message.nested(NFTA_RULE_EXPRESSIONS, [&](NetlinkMessage& list) {
    Expressions expressions(list);
    fill(expressions);
  });
  return message;
}

/// Delivers packets whose destination begins with these bytes.
NetlinkMessage deliver(bool is_v6, std::span<const std::uint8_t> destination) {
  return new_rule([&](Expressions& rule) {
    rule.load_meta(NFT_META_NFPROTO);
    rule.equals(is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
    rule.load_network_header(is_v6 ? kOffsetOfDestinationV6 : kOffsetOfDestinationV4,
                             destination.size());
    rule.equals(std::as_bytes(destination));
    rule.accept();
  });
}

NetlinkMessage hand_over(std::uint8_t protocol, std::uint16_t port) {
  return new_rule([&](Expressions& rule) {
    rule.load_meta(NFT_META_L4PROTO);
    rule.equals(protocol);
    rule.tproxy(port);
    rule.accept();
  });
}

}  // namespace

std::vector<NetlinkMessage> border_rules(const Addresses& addresses, const BorderPorts& ports) {
  constexpr std::uint8_t kLoopbackV4[] = {127};
  std::vector<NetlinkMessage> batch;
  batch.push_back(batch_mark(NFNL_MSG_BATCH_BEGIN));
  batch.push_back(new_table());
  batch.push_back(new_chain());
  batch.push_back(deliver(false, kLoopbackV4));
  batch.push_back(deliver(false, addresses.guest_v4.bytes()));
  batch.push_back(deliver(false, addresses.resolver_v4.bytes()));
  batch.push_back(deliver(true, in6addr_loopback.s6_addr));
  if (addresses.guest_v6) batch.push_back(deliver(true, addresses.guest_v6->bytes()));
  batch.push_back(hand_over(IPPROTO_TCP, ports.tcp));
  batch.push_back(hand_over(IPPROTO_UDP, ports.udp));
  batch.push_back(batch_mark(NFNL_MSG_BATCH_END));
  return batch;
}

}  // namespace cbuild::network
