// Rules of the networks of a group: who reaches whom, and who does not.
#include "cbuild/network/group_network.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cerrno>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "tests/network/group.h"

namespace cbuild::network {

namespace {

/// Two networks with two containers each, and one without a way out.
struct Town {
  Town() {
    group.add("front", "aaaaaaaaaaa1", "10.89.0.0/24");
    group.add("back", "aaaaaaaaaaa2", "10.89.1.0/24");
    group.add("cellar", "aaaaaaaaaaa3", "10.89.2.0/24", true);
    web = group.make("front", "10.89.0.2", {"web"});
    app = group.make("front", "10.89.0.3", {"app"});
    db = group.make("back", "10.89.1.2", {"db"});
    safe = group.make("cellar", "10.89.2.2", {"safe"});
  }

  Group group;
  Container web;
  Container app;
  Container db;
  Container safe;
};

Fd listen_in(const Container& container, const char* address, int type, std::uint16_t port) {
  Fd server;
  inside(container, [&] { server = make_server(address, type, port); });
  return server;
}

/// Connects from a container. @return 0 or the errno
int connect_from(const Container& container, const char* address, std::uint16_t port) {
  int code = 0;
  inside(container, [&] { code = try_connect(make_socket(AF_INET, SOCK_STREAM), address, port); });
  return code;
}

/// What a container gets that says "hello".
std::string talk(const Container& container, const char* address, std::uint16_t port) {
  std::string answer;
  inside(container, [&] {
    const Fd socket = make_socket(AF_INET, SOCK_STREAM);
    const int code = try_connect(socket, address, port);
    answer = code == 0 ? converse(socket, "hello") : "errno " + std::to_string(code);
  });
  return answer;
}

bool is_refused(const std::string& answer) {
  return answer == "reset" || answer == "errno " + std::to_string(ECONNREFUSED);
}

}  // namespace

TEST_CASE("containers of one network reach each other") {
  Town town;
  const Fd server = listen_in(town.web, "0.0.0.0", SOCK_STREAM, 80);
  {
    const Background echo([&] { echo_once(server); });
    CHECK(talk(town.app, "10.89.0.2", 80) == "back:hello");
  }
  CHECK(connect_from(town.app, "10.89.0.2", 81) == ECONNREFUSED);
}

TEST_CASE("containers of different networks do not, by no address") {
  Town town;
  const Fd server = listen_in(town.web, "0.0.0.0", SOCK_STREAM, 80);
  CHECK(is_refused(talk(town.db, "10.89.0.2", 80)));
  CHECK(is_refused(talk(town.db, "10.89.0.1", 53)));  // the other network's gateway
  CHECK(is_refused(talk(town.db, "10.89.0.1", 80)));
  CHECK(connect_from(town.safe, "10.89.0.2", 80) == ENETUNREACH);
}

TEST_CASE("a container in two networks is reached in both") {
  Town town;
  town.group.attach({.name_space = town.db.name_space.get(),
                     .network = "front",
                     .interface = "eth1",
                     .address = Endpoint::parse("10.89.0.4", 0).value(),
                     .names = {"db"},
                     .default_route = false});
  const Fd server = listen_in(town.db, "0.0.0.0", SOCK_STREAM, 80);
  const Background echo([&] { echo_once(server); });
  CHECK(talk(town.web, "10.89.0.4", 80) == "back:hello");
  CHECK(is_refused(talk(town.web, "10.89.1.2", 80)));
}

TEST_CASE("TCP gets out; where nobody listens outside, the connection is reset") {
  Town town;
  const Fd server = make_server(kOutside, SOCK_STREAM);
  {
    const Background echo([&] { echo_once(server); });
    CHECK(talk(town.web, kOutside, port_of(server)) == "back:hello");
  }
  const std::uint16_t closed = port_of(make_server(kOutside, SOCK_STREAM));
  CHECK(is_refused(talk(town.web, kOutside, closed)));
}

TEST_CASE("a datagram gets out and is answered from the address that it was sent to") {
  Town town;
  check_datagrams(town.web.name_space.get());
}

TEST_CASE("loopback of the host and link-local addresses are out of reach") {
  Town town;
  const Fd server = make_server("127.0.0.1", SOCK_STREAM);
  CHECK(connect_from(town.web, "127.0.0.1", port_of(server)) == ECONNREFUSED);
  CHECK(connect_from(town.web, "10.89.0.1", port_of(server)) == ECONNREFUSED);
  CHECK(is_refused(talk(town.web, "169.254.169.254", 80)));
}

TEST_CASE("the gateway stands for loopback of the host, for who asked for it") {
  Town town;
  Container tool{GroupNetwork::make_namespace(), {}};
  town.group.attach({.name_space = tool.name_space.get(),
                     .network = "front",
                     .address = Endpoint::parse("10.89.0.9", 0).value(),
                     .host_gateway = true});
  const Fd server = make_server("127.0.0.1", SOCK_STREAM);
  {
    const Background echo([&] { echo_once(server); });
    CHECK(talk(tool, "10.89.0.1", port_of(server)) == "back:hello");
  }
  CHECK(connect_from(town.web, "10.89.0.1", port_of(server)) == ECONNREFUSED);
}

TEST_CASE("an internal network has no way out, even with a route") {
  Town town;
  const Fd server = make_server(kOutside, SOCK_STREAM);
  CHECK(connect_from(town.safe, kOutside, port_of(server)) == ENETUNREACH);
  // A container that may configure its interfaces makes itself a default route.
  inside(town.safe, [&] {
    const Fd socket = make_socket(AF_INET, SOCK_STREAM);
    add_default_route("10.89.2.1", "eth0");
    const timeval patience{0, 300000};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    CHECK(try_connect(socket, kOutside, port_of(server)) == EINPROGRESS);  // dropped
  });
}

TEST_CASE("what is sent with somebody else's address does not get out") {
  Town town;
  const Fd server = make_server(kOutside, SOCK_DGRAM);
  const timeval patience{0, 300000};
  ::setsockopt(server.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (const char* source : {"192.0.2.7", "10.89.1.2", "10.89.0.77"}) {
    CAPTURE(source);
    inside(town.web, [&] {
      const Fd socket = make_transparent(source, SOCK_DGRAM);
      REQUIRE(try_connect(socket, kOutside, port_of(server)) == 0);
      send_all(socket, "x");
    });
    CHECK(receive(server).empty());
  }
}

TEST_CASE("an address, a subnet and a name belong to one; the error names who has it") {
  Town town;
  Container other{GroupNetwork::make_namespace(), {}};
  CHECK_THROWS_WITH(town.group.attach(other, "front", "10.89.0.2"),
                    "address 10.89.0.2 of network front is already in use by web");
  CHECK_THROWS_WITH(town.group.attach(other, "front", "10.89.0.1"),
                    "address 10.89.0.1 is the gateway of network front");
  CHECK_THROWS_WITH(town.group.attach(other, "front", "10.89.1.2"),
                    "address 10.89.1.2 is not in the subnet 10.89.0.0/24 of network front");
  CHECK_THROWS_WITH(town.group.attach(other, "none", "10.89.1.2"), "network none not found");
  CHECK_THROWS_WITH(town.group.add("front", "aaaaaaaaaaa9", "10.89.9.0/24"),
                    "network front is there already");
  CHECK_THROWS_WITH(town.group.add("more", "aaaaaaaaaaa9", "10.89.0.0/16"),
                    doctest::Contains("network more: the subnet 10.89.0.0/16 overlaps 10.89."));
  CHECK_THROWS_WITH(town.group.call([&] { town.group.network().remove_bridge("front"); }),
                    doctest::Contains("network front is in use by "));
}

TEST_CASE("what is taken away is free again") {
  Town town;
  town.group.detach(town.web);
  const Container next = town.group.make("front", "10.89.0.2", {"web"});
  CHECK(connect_from(town.app, "10.89.0.2", 80) == ECONNREFUSED);
  town.group.detach(next);
  town.group.detach(next);  // a second time is ignored
  town.group.detach(town.app);
  town.group.call([&] { town.group.network().remove_bridge("front"); });
  town.group.add("front", "aaaaaaaaaaa1", "10.89.0.0/24");
  const Container again = town.group.make("front", "10.89.0.2", {"web"});
  CHECK(connect_from(again, "10.89.0.1", 80) == ECONNREFUSED);
}

TEST_CASE("a container is plugged in again under the same name at once") {
  Town town;
  for (int i = 0; i < 5; ++i) {
    town.group.detach(town.web);
    town.web.attachments = {town.group.attach(town.web, "back", "10.89.1.20", {"web"})};
    CHECK(connect_from(town.web, "10.89.1.2", 80) == ECONNREFUSED);
  }
}

TEST_CASE("a link that the other end has taken with it is no obstacle") {
  Town town;
  town.web.name_space = Fd();  // the last user of the namespace
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  town.group.detach(town.web);
  const Container next = town.group.make("front", "10.89.0.2");
  CHECK(connect_from(next, "10.89.0.3", 80) == ECONNREFUSED);
}

TEST_CASE("an interface that cannot be made leaves nothing") {
  Town town;
  const Attachment twice{.name_space = town.web.name_space.get(),
                         .network = "front",
                         .interface = "eth0",
                         .address = Endpoint::parse("10.89.0.50", 0).value()};
  CHECK_THROWS_AS(town.group.attach(twice), SysError);
  const Container next = town.group.make("front", "10.89.0.50");
  CHECK(connect_from(next, "10.89.0.2", 80) == ECONNREFUSED);
}

TEST_CASE("programs of a container may use low ports without being root") {
  const Fd name_space = GroupNetwork::make_namespace();
  inside(name_space.get(), [] {
    CHECK(read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start") == "0\n");
    CHECK(read_file("/proc/sys/net/ipv4/ping_group_range").substr(0, 2) == "0\t");
  });
}

}  // namespace cbuild::network
