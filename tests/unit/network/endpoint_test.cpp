// Rules of endpoints: reading, writing, comparing, and which ones a private network reaches.
#include "cbuild/network/endpoint.h"

#include <doctest/doctest.h>

namespace cbuild::network {

namespace {

Endpoint at(const char* address, std::uint16_t port = 80) {
  return Endpoint::parse(address, port).value();
}

}  // namespace

TEST_CASE("an endpoint is parsed from numbers only, and written as it is usual") {
  CHECK(at("192.0.2.1").to_string() == "192.0.2.1:80");
  CHECK(at("2001:db8::1", 443).to_string() == "[2001:db8::1]:443");
  CHECK(at("2001:DB8:0::1").address() == "2001:db8::1");
  CHECK(Endpoint().to_string() == "0.0.0.0:0");
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.4:80", "fe80::1%eth0"}) {
    CAPTURE(text);
    CHECK(!Endpoint::parse(text, 80));
  }
}

TEST_CASE("endpoints differ by address, port and family") {
  CHECK(at("192.0.2.1") == at("192.0.2.1"));
  CHECK(at("192.0.2.1") != at("192.0.2.2"));
  CHECK(at("192.0.2.1", 1) != at("192.0.2.1", 2));
  CHECK(at("0.0.0.0") != at("::"));
  CHECK(at("192.0.2.1", 1).with_port(2) == at("192.0.2.1", 2));
  CHECK(at("192.0.2.1") < at("192.0.2.2"));
  CHECK(!(at("192.0.2.1") < at("192.0.2.1")));
}

TEST_CASE("loopback, link-local and unusable addresses are out of reach, in every spelling") {
  for (const char* address : {"127.0.0.1",
                              "127.255.0.9",
                              "0.0.0.0",
                              "0.1.2.3",
                              "169.254.169.254",
                              "169.254.0.1",
                              "100.100.100.200",
                              "192.0.0.192",
                              "224.0.0.1",
                              "239.255.255.250",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "fe80::1",
                              "febf::1",
                              "ff02::1",
                              "fd00:ec2::254",
                              "::ffff:127.0.0.1",
                              "::ffff:169.254.169.254",
                              "::ffff:0.0.0.0"}) {
    CAPTURE(address);
    CHECK(!is_reachable(at(address)));
  }
}

TEST_CASE("other addresses are within reach, private ones among them") {
  for (const char* address :
       {"1.0.0.1", "10.0.0.1", "126.255.255.255", "128.0.0.1", "169.253.0.1", "169.255.0.1",
        "172.16.0.1", "192.168.1.1", "223.255.255.255", "100.100.100.201", "2001:db8::1", "fd00::1",
        "fec0::1", "::ffff:192.0.2.1"}) {
    CAPTURE(address);
    CHECK(is_reachable(at(address)));
  }
}

}  // namespace cbuild::network
