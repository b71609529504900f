// Rules of published ports: how they are written, and what binds one.
#include "cbuild/network/port_spec.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/error.h"
#include "tests/unit/network/support.h"

namespace cbuild::network {

namespace {

/// "ip|host-end>container/protocol", one after the other.
std::string shown(std::string_view text) {
  std::string all;
  for (const PortMapping& mapping : parse_port_spec(text)) {
    all += fmt::format("{}{}|{}-{}>{}/{}", all.empty() ? "" : " ", mapping.host_ip,
                       mapping.host_port, mapping.host_port_end, mapping.container.port,
                       to_string(mapping.container.protocol));
  }
  return all;
}

std::string refusal(std::string_view text) {
  try {
    parse_port_spec(text);
    return "none";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.subject() == text);
    return error.what();
  }
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a port is published as docker's -p writes it") {
  struct Row {
    const char* text;
    const char* mappings;
  };

  const Row rows[] = {
      {"80", "|0-0>80/tcp"},
      {"80/udp", "|0-0>80/udp"},
      {"80/TCP", "|0-0>80/tcp"},
      {"8080:80", "|8080-0>80/tcp"},
      {"0:80", "|0-0>80/tcp"},
      {":80", "|0-0>80/tcp"},
      {"127.0.0.1:8080:80", "127.0.0.1|8080-0>80/tcp"},
      {"127.0.0.1::80", "127.0.0.1|0-0>80/tcp"},
      {":8080:80", "|8080-0>80/tcp"},
      {"::80", "|0-0>80/tcp"},
      {"[::1]:8080:80/udp", "::1|8080-0>80/udp"},
      {"[::]::80", "::|0-0>80/tcp"},
      {"80-81", "|0-0>80/tcp |0-0>81/tcp"},
      {"8000-8001:80-81", "|8000-0>80/tcp |8001-0>81/tcp"},
      {"8000-8010:80", "|8000-8010>80/tcp"},
      {"8000-8000:80", "|8000-0>80/tcp"},
      {"192.0.2.1:65534-65535:1-2/udp", "192.0.2.1|65534-0>1/udp 192.0.2.1|65535-0>2/udp"},
      {"0:80-81", "|0-0>80/tcp |0-0>81/tcp"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(shown(row.text) == row.mappings);
  }
}

TEST_CASE("what publishes no port is refused with its text and what is wanted") {
  struct Row {
    const char* text;
    const char* reason;
  };

  const Row rows[] = {
      {"", "no container port"},
      {"8080:", "no container port"},
      {"x", "'x' is no port"},
      {"0", "invalid container port: '0' is no port (1 to 65535)"},
      {"65536", "'65536' is no port"},
      {"-1", "'' is no port"},
      {"80-", "'' is no port"},
      {"90-80", "the container port ends before it begins"},
      {"8001-8000:80", "the host port ends before it begins"},
      {"0-8000:80", "invalid host port: '0' is no port"},
      {"x:80", "invalid host port: 'x' is no port"},
      {"80/sctp", "invalid protocol 'sctp' (want tcp or udp)"},
      {"80/", "invalid protocol ''"},
      {"80/tcp/udp", "invalid protocol"},
      {"8000-8002:80-81", "3 host ports for 2 container ports"},
      {"8000:80-81", "1 host ports for 2 container ports"},
      {"localhost:80:80", "invalid IP address 'localhost'"},
      {"::1:80:80", "invalid IP address '::1'"},
      {"[127.0.0.1]:80:80", "invalid IP address '[127.0.0.1]'"},
      {"[]:80:80", "invalid IP address '[]'"},
      {"1.2.3:80:80", "invalid IP address '1.2.3'"},
      {"80 ", "is no port"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const std::string got = refusal(row.text);
    CAPTURE(got);
    CHECK(contains(got, row.reason));
    CHECK(contains(got, fmt::format("invalid port specification '{}'", row.text)));
  }
}

TEST_CASE("an exposed port has no part of the host") {
  CHECK(parse_expose("80") == std::vector<ContainerPort>{{80, Protocol::tcp}});
  CHECK(parse_expose("53/udp") == std::vector<ContainerPort>{{53, Protocol::udp}});
  CHECK(parse_expose("80-82/tcp").size() == 3);
  for (const char* text : {"", "0", "8080:80", "80/sctp", "82-80"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_expose(text), Error);
  }
}

TEST_CASE("a bound port takes connections, on IPv4 and IPv6 where no address was named") {
  const BoundPort bound = bind_port({.container = {80, Protocol::tcp}});
  CHECK(bound.port >= 32768);
  REQUIRE(!bound.sockets.empty());
  const Fd client = connect_to(loopback_v4(bound.port), SOCK_STREAM);
  if (bound.sockets.size() == 2) {
    const Fd other(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Endpoint target = *Endpoint::parse("::1", bound.port);
    CHECK(::connect(other.get(), target.data(), target.size()) == 0);
  }
}

TEST_CASE("a port in use is named; of a range the first free one is taken") {
  const BoundPort first = bind_port({.host_ip = "127.0.0.1", .container = {80, Protocol::tcp}});
  PortMapping mapping{.host_ip = "127.0.0.1", .host_port = first.port, .container = {80}};
  try {
    bind_port(mapping);
    FAIL("bound twice");
  } catch (const Error& error) {
    CHECK(contains(error.what(), fmt::format("port {} is already in use", first.port)));
    CHECK(contains(error.hint(), ":80"));
  }
  mapping.host_port_end = static_cast<std::uint16_t>(std::min(first.port + 50, 65535));
  const BoundPort second = bind_port(mapping);
  CHECK(second.port > first.port);
  CHECK(second.sockets.size() == 1);
  mapping.host_port_end = first.port;
  CHECK_THROWS_AS(bind_port(mapping), Error);
  // TCP and UDP have their own ports.
  mapping.container.protocol = Protocol::udp;
  mapping.host_port_end = 0;
  CHECK(bind_port(mapping).port == first.port);
}

TEST_CASE("an address that the host has not is refused by name") {
  CHECK_THROWS_WITH(bind_port({.host_ip = "192.0.2.1", .host_port = 40000, .container = {80}}),
                    "bind 192.0.2.1:40000: this machine does not have the address 192.0.2.1");
}

TEST_CASE("a port that only root may bind is refused with one that works") {
  PortMapping mapping{.host_port = 80, .container = {8000, Protocol::tcp}};
  try {
    bind_port(mapping);  // of root, or of a machine that lets everybody
  } catch (const Error& error) {
    if (contains(error.what(), "in use")) return;
    CHECK(contains(error.what(), "bind 0.0.0.0:80: Permission denied"));
    CHECK(contains(error.hint(), "net.ipv4.ip_unprivileged_port_start is "));
    CHECK(contains(error.hint(), "-p 8080:8000 works"));
  }
}

}  // namespace cbuild::network
