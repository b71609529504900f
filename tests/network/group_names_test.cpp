// Rules of the names of a group, asked over its networks.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>

#include "tests/network/dns_wire.h"
#include "tests/network/group.h"

namespace cbuild::network {

namespace {

constexpr std::uint16_t kPtr = 12;
constexpr std::uint16_t kAaaa = 28;
constexpr int kNoSuchName = 3;

using Data = std::vector<std::string>;

/// From the network namespace of this thread.
DnsResult ask_dns(const char* server, std::string_view name, std::uint16_t type = 1) {
  const Fd socket = make_socket(AF_INET, SOCK_DGRAM);
  if (try_connect(socket, server, 53) != 0) return {};
  send_all(socket, dns_query(name, type));
  return parse_result(receive(socket));
}

DnsResult ask_dns_by_tcp(const char* server, std::string_view name, std::uint16_t type = 1) {
  const Fd socket = make_socket(AF_INET, SOCK_STREAM);
  if (try_connect(socket, server, 53) != 0) return {};
  const std::string query = dns_query(name, type);
  send_all(
      socket,
      std::string{static_cast<char>(query.size() >> 8), static_cast<char>(query.size())} + query);
  std::string response;
  while (response.size() < 2 ||
         response.size() < 2U + (static_cast<unsigned char>(response[0]) << 8 |
                                 static_cast<unsigned char>(response[1]))) {
    const std::string part = receive(socket);
    if (part.empty()) return {};
    response += part;
  }
  return parse_result(response.substr(2));
}

struct Town {
  Town() {
    group.add("front", "bbbbbbbbbbb1", "10.89.0.0/24");
    group.add("back", "bbbbbbbbbbb2", "10.89.1.0/24");
    group.add("cellar", "bbbbbbbbbbb3", "10.89.2.0/24", true);
    web = group.make("front", "10.89.0.2", {"web", "www"});
    app = group.make("front", "10.89.0.3", {"app1", "app"});
    more = group.make("front", "10.89.0.4", {"app2", "app"});
    db = group.make("back", "10.89.1.2", {"db"});
    safe = group.make("cellar", "10.89.2.2", {"safe"});
  }

  static DnsResult ask(const Container& asker,
                       const char* server,
                       std::string_view name,
                       std::uint16_t type = 1) {
    DnsResult result;
    inside(asker, [&] { result = ask_dns(server, name, type); });
    return result;
  }

  Group group;
  Container web;
  Container app;
  Container more;
  Container db;
  Container safe;
};

/// Answers one datagram with `code` as its RCODE.
void answer_datagram(const Fd& server, char code) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  std::string buffer(512, '\0');
  const ssize_t count = ::recvfrom(server.get(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&peer), &size);
  if (count < 0) return;
  buffer.resize(static_cast<std::size_t>(count));
  buffer[2] = static_cast<char>(0x81);
  buffer[3] = static_cast<char>(0x80 | code);
  (void)!::sendto(server.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&peer),
                  size);
}

}  // namespace

TEST_CASE("a container is found by its names in its network") {
  Town town;
  for (const char* name : {"web", "www", "WEB", "web.front", "Www.Front"}) {
    CAPTURE(name);
    const DnsResult result = Town::ask(town.app, "10.89.0.1", name);
    CHECK(result.code == 0);
    CHECK(result.data == Data{"10.89.0.2"});
  }
}

TEST_CASE("one name of two containers has both addresses, in turn") {
  Town town;
  Data first;
  for (int i = 0; i < 4; ++i) {
    DnsResult result = Town::ask(town.web, "10.89.0.1", "app");
    REQUIRE(result.data.size() == 2);
    first.push_back(result.data.front());
    std::ranges::sort(result.data);
    CHECK(result.data == Data{"10.89.0.3", "10.89.0.4"});
  }
  CHECK(first[0] != first[1]);
  CHECK(first[0] == first[2]);
}

TEST_CASE("an address has a name; IPv6 of a name is empty") {
  Town town;
  const DnsResult name = Town::ask(town.web, "10.89.0.1", "3.0.89.10.in-addr.arpa", kPtr);
  CHECK(name.data == Data{"app1.front"});
  const DnsResult v6 = Town::ask(town.web, "10.89.0.1", "app", kAaaa);
  CHECK(v6.code == 0);
  CHECK(v6.data.empty());
}

TEST_CASE("names of other networks and unknown ones of one label are unknown, without asking") {
  Town town;
  const Fd server = make_server("127.0.0.53", SOCK_DGRAM, 53);
  for (const char* name : {"db", "nobody", "2.1.89.10.in-addr.arpa", "9.0.89.10.in-addr.arpa"}) {
    CAPTURE(name);
    CHECK(Town::ask(town.web, "10.89.0.1", name).code == kNoSuchName);
  }
  CHECK(Town::ask(town.safe, "10.89.2.1", "example.org").code == kNoSuchName);
  char byte = 0;
  CHECK(::recv(server.get(), &byte, 1, MSG_DONTWAIT) < 0);
}

TEST_CASE("a container sees the names of all networks that it is in") {
  Town town;
  town.group.attach({.name_space = town.web.name_space.get(),
                     .network = "back",
                     .interface = "eth1",
                     .address = Endpoint::parse("10.89.1.3", 0).value(),
                     .names = {"web"},
                     .default_route = false});
  CHECK(Town::ask(town.web, "10.89.0.1", "db").data == Data{"10.89.1.2"});
  CHECK(Town::ask(town.web, "10.89.1.1", "app1").data == Data{"10.89.0.3"});
  CHECK(Town::ask(town.app, "10.89.0.1", "db").code == kNoSuchName);
  CHECK(Town::ask(town.app, "10.89.0.1", "web").data == Data{"10.89.0.2"});
}

TEST_CASE("a name is gone with its container") {
  Town town;
  town.group.detach(town.app);
  CHECK(Town::ask(town.web, "10.89.0.1", "app").data == Data{"10.89.0.4"});
  CHECK(Town::ask(town.web, "10.89.0.1", "app1").code == kNoSuchName);
}

TEST_CASE("other names are asked of the host's server, from the host's side") {
  Town town;
  const Fd server = make_server("127.0.0.53", SOCK_DGRAM, 53);
  const Background answers([&] { answer_datagram(server, 5); });
  CHECK(Town::ask(town.web, "10.89.0.1", "example.org").code == 5);
}

TEST_CASE("a connection takes known and other names, one after the other") {
  Town town;
  const Fd server = make_server("127.0.0.53", SOCK_STREAM, 53);
  const Background answers([&] {
    const Fd connection(::accept(server.get(), nullptr, nullptr));
    std::string query = receive(connection);
    while (query.size() < 2)
      query += receive(connection);
    query[4] = static_cast<char>(0x81);
    query[5] = static_cast<char>(0x85);
    send_all(connection, query);
  });
  inside(town.web, [&] {
    CHECK(ask_dns_by_tcp("10.89.0.1", "app1").data == Data{"10.89.0.3"});
    CHECK(ask_dns_by_tcp("10.89.0.1", "nobody").code == kNoSuchName);
    CHECK(ask_dns_by_tcp("10.89.0.1", "example.org").code == 5);
  });
}

TEST_CASE("more addresses than a datagram takes are cut, and whole by TCP") {
  constexpr int kCount = 40;
  Town town;
  std::vector<Container> many;
  for (int i = 0; i < kCount; ++i)
    many.push_back(
        town.group.make("front", ("10.89.0." + std::to_string(100 + i)).c_str(), {"many"}));
  const DnsResult by_udp = Town::ask(town.web, "10.89.0.1", "many");
  CHECK(by_udp.truncated);
  CHECK(by_udp.data.size() > 25);
  inside(town.web, [&] {
    const DnsResult by_tcp = ask_dns_by_tcp("10.89.0.1", "many");
    CHECK(!by_tcp.truncated);
    CHECK(by_tcp.data.size() == kCount);
  });
}

}  // namespace cbuild::network
