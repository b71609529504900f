// Rules of responses that are composed here.
#include "src/network/dns_reply.h"

#include <doctest/doctest.h>

#include <string>

#include "cbuild/network/endpoint.h"
#include "src/network/dns_message.h"
#include "tests/network/dns_wire.h"
#include "tests/unit/network/dns_query.h"

namespace cbuild::network {

namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

DnsReply reply_to(std::string_view query, DnsCode code, std::size_t limit = 512) {
  return {bytes(query), parse_dns(bytes(query)).value(), code, limit};
}

DnsResult result_of(DnsReply reply) {
  const auto response = std::move(reply).take();
  return parse_result({reinterpret_cast<const char*>(response.data()), response.size()});
}

}  // namespace

TEST_CASE("a failure answers the query with its code, without its further records") {
  std::string query = kQuery + "additional";
  query[11] = 1;
  const auto failure = reply_to(query, DnsCode::server_failure).take();
  const auto parsed = parse_dns(failure);
  REQUIRE(parsed);
  CHECK(answers(*parsed, *parse_dns(bytes(query))));
  CHECK((failure[3] & std::byte{0x0f}) == std::byte{2});
  CHECK((failure[2] & std::byte{1}) == std::byte{1});  // recursion desired is kept
  CHECK(failure.size() == kQuery.size());
  CHECK(failure[11] == std::byte{0});
}

TEST_CASE("records come in the order they are added") {
  DnsReply reply = reply_to(kQuery, DnsCode::ok);
  reply.add_address(Endpoint::parse("10.89.0.2", 80).value());
  reply.add_address(Endpoint::parse("fd00::1", 0).value());
  reply.add_pointer("web.front");
  const DnsResult result = result_of(std::move(reply));
  CHECK(result.code == 0);
  CHECK(result.data == std::vector<std::string>{"10.89.0.2", "fd00::1", "web.front"});
}

TEST_CASE("what is no name is no pointer") {
  DnsReply reply = reply_to(kQuery, DnsCode::ok);
  reply.add_pointer("");
  reply.add_pointer("a..b");
  reply.add_pointer(std::string(64, 'a'));
  CHECK(result_of(std::move(reply)).data.empty());
}

TEST_CASE("a response ends before its limit, and says that it was cut") {
  for (const std::size_t extra : {std::size_t{15}, std::size_t{16}}) {
    DnsReply reply = reply_to(kQuery, DnsCode::ok, kQuery.size() + extra);
    reply.add_address(Endpoint::parse("10.89.0.2", 0).value());
    const DnsResult result = result_of(std::move(reply));
    CHECK(result.truncated == (extra < 16));
    CHECK(result.data.size() == (extra < 16 ? 0 : 1));
  }
}

}  // namespace cbuild::network
