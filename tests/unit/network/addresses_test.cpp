// Rules of the addresses inside a private network.
#include "src/network/addresses.h"

#include <doctest/doctest.h>

namespace cbuild::network {

namespace {

Subnet subnet(const char* address, unsigned bits) {
  return {Endpoint::parse(address, 0).value(), bits};
}

std::string chosen(const std::vector<Subnet>& taken) {
  return choose_addresses(taken, {}).guest_v4.address();
}

std::string target(const Addresses& addresses, const char* asked) {
  const auto found = target_of(addresses, Endpoint::parse(asked, 80).value());
  return found ? found->to_string() : "none";
}

}  // namespace

TEST_CASE("the first subnet is chosen that no interface of the host is in") {
  CHECK(chosen({}) == "10.89.0.2");
  CHECK(chosen({subnet("192.0.2.2", 24), subnet("127.0.0.1", 8)}) == "10.89.0.2");
  CHECK(chosen({subnet("10.89.0.7", 24)}) == "10.89.1.2");
  CHECK(chosen({subnet("10.89.0.7", 32), subnet("10.89.1.200", 30)}) == "10.89.2.2");
  CHECK(chosen({subnet("10.89.1.1", 23)}) == "10.89.2.2");
  CHECK(chosen({subnet("fd89::1", 8)}) == "10.89.0.2");
}

TEST_CASE("a host that has all of them gets the first one") {
  CHECK(chosen({subnet("10.1.2.3", 8)}) == "172.16.0.2");
  CHECK(chosen({subnet("10.1.2.3", 0)}) == "10.89.0.2");
}

TEST_CASE("there is a gateway and IPv6 only where they are wished for") {
  const Addresses plain = choose_addresses({}, {});
  CHECK(!plain.gateway_v4);
  CHECK(!plain.guest_v6);
  const Addresses full = choose_addresses({}, {.gateway = true, .v6 = true});
  CHECK(full.gateway_v4.value().address() == "10.89.0.3");
  CHECK(full.guest_v6.value().is_v6());
}

TEST_CASE("programs are connected to what they ask for, but not to the network itself") {
  const Addresses addresses = choose_addresses({}, {.gateway = true, .v6 = true});
  CHECK(target(addresses, "192.0.2.1") == "192.0.2.1:80");
  CHECK(target(addresses, "2001:db8::1") == "[2001:db8::1]:80");
  CHECK(target(addresses, "10.89.0.1") == "none");
  CHECK(target(addresses, "10.89.0.2") == "none");
  CHECK(target(addresses, addresses.guest_v6->address().c_str()) == "none");
  CHECK(target(addresses, "127.0.0.1") == "none");
}

TEST_CASE("the gateway stands for loopback of the host where it was wished for") {
  CHECK(target(choose_addresses({}, {.gateway = true}), "10.89.0.3") == "127.0.0.1:80");
  CHECK(target(choose_addresses({}, {}), "10.89.0.3") == "10.89.0.3:80");
}

}  // namespace cbuild::network
