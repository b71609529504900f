// Builds the batch of nftables; see nft.h.
#include "src/network/nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "cbuild/network/endpoint.h"

namespace cbuild::network {

namespace {

constexpr const char* kTable = "cbuild";
constexpr const char* kChain = "border";
constexpr int kMangle = -150;  // NF_IP_PRI_MANGLE
constexpr std::uint32_t kSourceV4 = 12;
constexpr std::uint32_t kDestinationV4 = 16;
constexpr std::uint32_t kSourceV6 = 8;
constexpr std::uint32_t kDestinationV6 = 24;
constexpr std::uint32_t kDestinationPort = 2;

template <typename Value>
std::span<const std::byte> bytes_of(const Value& value) noexcept {
  return std::as_bytes(std::span(&value, 1));
}

NetlinkMessage nft(std::uint16_t type, std::uint16_t flags) {
  NetlinkMessage message(static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type), flags);
  message.header(nfgenmsg{NFPROTO_INET, NFNETLINK_V0, 0});
  return message;
}

/// Begin and end of a batch: what is between them is done as a whole.
NetlinkMessage batch_mark(std::uint16_t type) {
  NetlinkMessage message(type, 0);
  message.header(nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)});
  return message;
}

NetlinkMessage table(std::uint16_t type, std::uint16_t flags) {
  NetlinkMessage message = nft(type, flags);
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

std::uint8_t family_of(const Endpoint& address) noexcept {
  return address.is_v6() ? std::uint8_t{NFPROTO_IPV6} : std::uint8_t{NFPROTO_IPV4};
}

}  // namespace

template <typename Fill>
void Rule::add(const char* name, Fill&& fill) {
  list_.nested(NFTA_LIST_ELEM, [&](NetlinkMessage& expression) {
    expression.text(NFTA_EXPR_NAME, name);
    expression.nested(NFTA_EXPR_DATA, fill);
  });
}

void Rule::load_meta(std::uint32_t key) {
  add("meta", [&](NetlinkMessage& data) {
    data.big_endian(NFTA_META_KEY, key).big_endian(NFTA_META_DREG, NFT_REG_1);
  });
}

void Rule::load_payload(std::uint32_t base, std::uint32_t offset, std::size_t size) {
  add("payload", [&](NetlinkMessage& data) {
    data.big_endian(NFTA_PAYLOAD_DREG, NFT_REG_1)
        .big_endian(NFTA_PAYLOAD_BASE, base)
        .big_endian(NFTA_PAYLOAD_OFFSET, offset)
        .big_endian(NFTA_PAYLOAD_LEN, static_cast<std::uint32_t>(size));
  });
}

void Rule::compare(std::span<const std::byte> value, Is is) {
  add("cmp", [&](NetlinkMessage& data) {
    data.big_endian(NFTA_CMP_SREG, NFT_REG_1)
        .big_endian(NFTA_CMP_OP, is == Is::equal ? NFT_CMP_EQ : NFT_CMP_NEQ);
    data.nested(NFTA_CMP_DATA,
                [&](NetlinkMessage& inner) { inner.attribute(NFTA_DATA_VALUE, value); });
  });
}

void Rule::set_register(std::span<const std::byte> value) {
  add("immediate", [&](NetlinkMessage& data) {
    data.big_endian(NFTA_IMMEDIATE_DREG, NFT_REG_1);
    data.nested(NFTA_IMMEDIATE_DATA,
                [&](NetlinkMessage& inner) { inner.attribute(NFTA_DATA_VALUE, value); });
  });
}

Rule& Rule::from_link(unsigned index) {
  load_meta(NFT_META_IIF);
  compare(bytes_of(index));
  return *this;
}

Rule& Rule::family(std::uint8_t protocol) {
  load_meta(NFT_META_NFPROTO);
  compare(bytes_of(protocol));
  return *this;
}

Rule& Rule::transport(std::uint8_t protocol) {
  load_meta(NFT_META_L4PROTO);
  compare(bytes_of(protocol));
  return *this;
}

Rule& Rule::source(const Endpoint& address) {
  family(family_of(address));
  const auto bytes = std::as_bytes(address.bytes());
  load_payload(NFT_PAYLOAD_NETWORK_HEADER, address.is_v6() ? kSourceV6 : kSourceV4, bytes.size());
  compare(bytes);
  return *this;
}

Rule& Rule::destination(const Endpoint& address) {
  family(family_of(address));
  const auto bytes = std::as_bytes(address.bytes());
  load_payload(NFT_PAYLOAD_NETWORK_HEADER, address.is_v6() ? kDestinationV6 : kDestinationV4,
               bytes.size());
  compare(bytes);
  return *this;
}

Rule& Rule::loopback_v4() {
  constexpr std::uint8_t kFirst = 127;
  family(NFPROTO_IPV4);
  load_payload(NFT_PAYLOAD_NETWORK_HEADER, kDestinationV4, sizeof kFirst);
  compare(bytes_of(kFirst));
  return *this;
}

Rule& Rule::not_port(std::uint16_t port) {
  const std::uint16_t big_endian = htons(port);
  load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, kDestinationPort, sizeof big_endian);
  compare(bytes_of(big_endian), Is::different);
  return *this;
}

Rule& Rule::tproxy(std::uint16_t port) {
  const std::uint16_t big_endian = htons(port);
  set_register(bytes_of(big_endian));
  add("tproxy", [&](NetlinkMessage& data) {
    data.big_endian(NFTA_TPROXY_FAMILY, NFPROTO_UNSPEC).big_endian(NFTA_TPROXY_REG_PORT, NFT_REG_1);
  });
  return *this;
}

Rule& Rule::mark(std::uint32_t value) {
  set_register(bytes_of(value));
  add("meta", [](NetlinkMessage& data) {
    data.big_endian(NFTA_META_KEY, NFT_META_MARK).big_endian(NFTA_META_SREG, NFT_REG_1);
  });
  return *this;
}

void Rule::accept() {
  add("immediate", [](NetlinkMessage& data) {
    data.big_endian(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    data.nested(NFTA_IMMEDIATE_DATA, [](NetlinkMessage& inner) {
      inner.nested(NFTA_DATA_VERDICT, [](NetlinkMessage& verdict) {
        verdict.big_endian(NFTA_VERDICT_CODE, NF_ACCEPT);
      });
    });
  });
}

RuleBatch::RuleBatch() {
  batch_.push_back(batch_mark(NFNL_MSG_BATCH_BEGIN));
  batch_.push_back(table(NFT_MSG_NEWTABLE, NLM_F_CREATE));  // so that there is one to be deleted
  batch_.push_back(table(NFT_MSG_DELTABLE, 0));
  batch_.push_back(table(NFT_MSG_NEWTABLE, NLM_F_CREATE));
  batch_.push_back(new_chain());
}

NetlinkMessage RuleBatch::new_rule() {
  NetlinkMessage message = nft(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  message.text(NFTA_RULE_TABLE, kTable).text(NFTA_RULE_CHAIN, kChain);
  return message;
}

std::uint16_t RuleBatch::rule_expressions() noexcept {
  return NFTA_RULE_EXPRESSIONS;
}

std::vector<NetlinkMessage> RuleBatch::finish() && {
  batch_.back().want_answer();  // an answer to each would not fit in the buffer of the socket
  batch_.push_back(batch_mark(NFNL_MSG_BATCH_END));
  return std::move(batch_);
}

}  // namespace cbuild::network
