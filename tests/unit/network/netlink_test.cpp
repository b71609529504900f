// Rules of netlink messages: lengths, padding, nesting.
#include "src/network/netlink.h"

#include <doctest/doctest.h>
#include <linux/netlink.h>

#include <cstring>

namespace cbuild::network {

namespace {

nlmsghdr header_of(const NetlinkMessage& message) {
  nlmsghdr header;
  REQUIRE(message.bytes().size() >= sizeof header);
  std::memcpy(&header, message.bytes().data(), sizeof header);
  return header;
}

nlattr attribute_at(const NetlinkMessage& message, std::size_t at) {
  nlattr header;
  REQUIRE(message.bytes().size() >= at + sizeof header);
  std::memcpy(&header, message.bytes().data() + at, sizeof header);
  return header;
}

}  // namespace

TEST_CASE("a message tells its length, type and flags") {
  NetlinkMessage message(16, NLM_F_ACK);
  CHECK(header_of(message).nlmsg_len == 16);
  CHECK(header_of(message).nlmsg_type == 16);
  CHECK(header_of(message).nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
  CHECK(message.wants_answer());
  CHECK(!NetlinkMessage(16, 0).wants_answer());
  message.set_sequence(7);
  CHECK(header_of(message).nlmsg_seq == 7);
}

TEST_CASE("attributes are padded to 4 bytes, and their length does not count the padding") {
  NetlinkMessage message(16, 0);
  message.text(1, "ab");  // "ab" and 0
  CHECK(attribute_at(message, 16).nla_len == 4 + 3);
  CHECK(message.bytes().size() == 16 + 8);
  message.number(2, 0x01020304);
  CHECK(attribute_at(message, 24).nla_type == 2);
  CHECK(header_of(message).nlmsg_len == 16 + 8 + 8);
}

TEST_CASE("big_endian writes the most significant byte first") {
  NetlinkMessage message(16, 0);
  message.big_endian(1, 0x01020304);
  const auto value = message.bytes().last(4);
  CHECK(value[0] == std::byte{1});
  CHECK(value[3] == std::byte{4});
}

TEST_CASE("a nested attribute is as long as what is in it") {
  NetlinkMessage message(16, 0);
  message.nested(5, [](NetlinkMessage& outer) {
    outer.nested(6, [](NetlinkMessage& inner) { inner.number(7, 1); });
    outer.number(8, 2);
  });
  CHECK(attribute_at(message, 16).nla_type == (5 | NLA_F_NESTED));
  CHECK(attribute_at(message, 16).nla_len == 4 + (4 + 8) + 8);
  CHECK(attribute_at(message, 20).nla_len == 4 + 8);
  CHECK(header_of(message).nlmsg_len == message.bytes().size());
}

}  // namespace cbuild::network
