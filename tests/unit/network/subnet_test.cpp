// Rules of subnets: what is one, what is in it, which one is chosen.
#include "cbuild/network/subnet.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"
#include "src/network/host_routes.h"

namespace cbuild::network {

namespace {

Endpoint address(const char* text) {
  return Endpoint::parse(text, 0).value();
}

std::string chosen(const std::vector<Subnet>& taken, const std::vector<Subnet>& host = {}) {
  const auto subnet = choose_subnet(taken, host);
  return subnet ? subnet->to_string() : "none";
}

}  // namespace

TEST_CASE("a subnet is written as it was read") {
  for (const char* text : {"10.89.0.0/24", "0.0.0.0/0", "192.0.2.1/32", "10.64.0.0/10",
                           "fd00:1::/64", "::/0", "2001:db8::1/128"}) {
    CAPTURE(text);
    CHECK(Subnet::parse(text).to_string() == text);
  }
}

TEST_CASE("what is no subnet is refused by name") {
  for (const char* text : {"", "/", "10.89.0.0", "10.89.0.0/", "10.89.0.0/33", "10.89.0.0/-1",
                           "x/24", "10.89.0/24", "::/129", "10.89.0.0/24/1", "10.89.0.0/ 24"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(Subnet::parse(text), Error);
  }
  CHECK_THROWS_WITH(Subnet::parse("10.89.0.7/24"),
                    "invalid subnet 10.89.0.7/24: it should be 10.89.0.0/24");
}

TEST_CASE("a subnet contains the addresses with its first bits") {
  struct Row {
    const char* subnet;
    const char* address;
    bool inside;
  };

  const Row rows[] = {
      {"10.89.0.0/24", "10.89.0.0", true},
      {"10.89.0.0/24", "10.89.0.255", true},
      {"10.89.0.0/24", "10.89.1.0", false},
      {"10.89.4.0/22", "10.89.7.1", true},
      {"10.89.4.0/22", "10.89.8.1", false},
      {"0.0.0.0/0", "192.0.2.1", true},
      {"0.0.0.0/0", "::1", false},
      {"fd00:1::/64", "fd00:1::9", true},
      {"fd00:1::/64", "fd00:1:0:1::", false},
      {"192.0.2.1/32", "192.0.2.1", true},
      {"192.0.2.1/32", "192.0.2.2", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.subnet);
    CAPTURE(row.address);
    CHECK(Subnet::parse(row.subnet).contains(address(row.address)) == row.inside);
  }
}

TEST_CASE("subnets overlap when one is in the other") {
  const Subnet one = Subnet::parse("10.89.0.0/24");
  CHECK(one.overlaps(one));
  CHECK(one.overlaps(Subnet::parse("10.89.0.128/25")));
  CHECK(one.overlaps(Subnet::parse("10.0.0.0/8")));
  CHECK(!one.overlaps(Subnet::parse("10.89.1.0/24")));
  CHECK(!one.overlaps(Subnet::parse("::/0")));
}

TEST_CASE("hosts are counted from the lowest address; broadcast is none") {
  const Subnet one = Subnet::parse("10.89.0.0/23");
  CHECK(one.host(1).value().address() == "10.89.0.1");
  CHECK(one.host(256).value().address() == "10.89.1.0");
  CHECK(one.host(510).value().address() == "10.89.1.254");
  CHECK(!one.host(511));
  CHECK(!one.host(std::uint64_t{1} << 32));
  CHECK(Subnet::parse("10.0.0.0/31").host(1).value().address() == "10.0.0.1");
  CHECK(!Subnet::parse("10.0.0.0/31").host(2));
  CHECK(Subnet::parse("fd00::/64").host(0x10000).value().address() == "fd00::1:0");
}

TEST_CASE("the first /24 is chosen that no network and no route of the host overlaps") {
  CHECK(chosen({}) == "10.89.0.0/24");
  CHECK(chosen({Subnet::parse("10.89.0.0/24")}, {Subnet::parse("10.89.1.64/26")}) ==
        "10.89.2.0/24");
  CHECK(chosen({}, {Subnet::parse("10.0.0.0/8")}) == "172.16.0.0/24");
  CHECK(chosen({}, {Subnet::parse("10.0.0.0/8"), Subnet::parse("172.16.0.0/12")}) ==
        "192.168.0.0/24");
  CHECK(chosen({}, {Subnet::parse("0.0.0.0/0")}) == "none");
}

TEST_CASE("the first address is chosen that is not used") {
  const Subnet subnet = Subnet::parse("10.89.0.0/29");
  std::vector<Endpoint> used;
  for (const char* want :
       {"10.89.0.1", "10.89.0.2", "10.89.0.3", "10.89.0.4", "10.89.0.5", "10.89.0.6"}) {
    const auto found = choose_address(subnet, used);
    REQUIRE(found);
    CHECK(found->address() == want);
    used.insert(used.begin(), found->with_port(80));
  }
  CHECK(!choose_address(subnet, used));
}

TEST_CASE("a MAC address is made of an address, or read") {
  CHECK(to_string(mac_of(address("10.89.0.2"))) == "02:42:0a:59:00:02");
  CHECK(to_string(parse_mac("92:d0:C6:0a:29:33")) == "92:d0:c6:0a:29:33");
  CHECK(to_string(parse_mac("92-d0-c6-0a-29-33")) == "92:d0:c6:0a:29:33");
  for (const char* text : {"", "92:d0:c6:0a:29", "92:d0:c6:0a:29:3", "92:d0:c6:0a:29:33:44",
                           "9g:d0:c6:0a:29:33", "92.d0.c6.0a.29.33", "01:00:5e:00:00:01"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_mac(text), Error);
  }
}

TEST_CASE("routes of the kernel's list are subnets; default routes are left out") {
  const std::string list =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
      "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
      "eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
      "tun0\t0000590A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
      "bad\tline\n";
  const std::vector<Subnet> routes = parse_routes(list);
  REQUIRE(routes.size() == 2);
  CHECK(routes[0].to_string() == "192.168.2.0/24");
  CHECK(routes[1].to_string() == "10.89.0.0/16");
  CHECK(parse_routes("").empty());
}

}  // namespace cbuild::network
