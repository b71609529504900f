// Rules of published ports.
#include <dirent.h>
#include <doctest/doctest.h>
#include <sys/socket.h>

#include "tests/network/group.h"

namespace cbuild::network {

namespace {

/// One container with a server at port 80.
struct Served {
  explicit Served(int type = SOCK_STREAM) {
    group.add("front", "ccccccccccc1", "10.89.0.0/24");
    web = group.make("front", "10.89.0.2", {"web"});
    inside(web, [&] { server = make_server("0.0.0.0", type, 80); });
  }

  Group group;
  Container web;
  Fd server;
};

/// Accepts one connection and says who it is.
std::string peer_of_next(const Fd& server) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const Fd connection(::accept(server.get(), reinterpret_cast<sockaddr*>(&address), &size));
  return connection ? Endpoint::from(address).value().address() : "nobody";
}

Fd connect_to(const char* address, std::uint16_t port, int type = SOCK_STREAM) {
  Fd socket = make_socket(Endpoint::parse(address, 0).value().family(), type);
  REQUIRE(try_connect(socket, address, port) == 0);
  return socket;
}

std::string talk(const char* address, std::uint16_t port, std::string_view text = "hello") {
  return converse(connect_to(address, port), text);
}

/// A client with this address of the host.
Fd connect_from(const char* source, const char* address, std::uint16_t port) {
  Fd socket = make_socket(AF_INET, SOCK_STREAM);
  const Endpoint own = Endpoint::parse(source, 0).value();
  REQUIRE(::bind(socket.get(), own.data(), own.size()) == 0);
  REQUIRE(try_connect(socket, address, port) == 0);
  return socket;
}

int open_descriptors() {
  int count = 0;
  DIR* const directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr)
    ++count;
  ::closedir(directory);
  return count;
}

}  // namespace

TEST_CASE(
    "a published port leads to the container; the end of one direction leaves the other open") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);
  for (const char* address : {"127.0.0.1", kOutside, "::1"}) {
    CAPTURE(address);
    const Background echo([&] { echo_once(served.server); });
    CHECK(talk(address, port) == "back:hello");
  }
}

TEST_CASE("the server ends first, and still reads") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);
  std::string got;
  {
    const Background server([&] {
      const Fd connection(::accept(served.server.get(), nullptr, nullptr));
      send_all(connection, "banner");
      ::shutdown(connection.get(), SHUT_WR);
      read_to_end(connection, got);
    });
    const Fd client = connect_to("127.0.0.1", port);
    std::string banner;
    CHECK(read_to_end(client, banner) == 0);
    CHECK(banner == "banner");
    send_all(client, "after the end");
  }
  CHECK(got == "after the end");
}

TEST_CASE("megabytes pass both ways unchanged") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);
  std::string text;
  for (int i = 0; text.size() < (1U << 20); ++i)
    text += std::to_string(i) + " ";
  const Background echo([&] { echo_once(served.server); });
  CHECK((talk("127.0.0.1", port, text) == "back:" + text));
}

TEST_CASE("the container sees the client's address, and the gateway for loopback") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);

  struct Row {
    const char* source;
    const char* address;
    const char* seen;
  };

  for (const Row& row :
       {Row{kOutside, kOutside, kOutside}, Row{"127.0.0.1", "127.0.0.1", "10.89.0.1"},
        Row{kOutside, "127.0.0.1", kOutside}}) {
    CAPTURE(row.source);
    const Fd client = connect_from(row.source, row.address, port);
    CHECK(peer_of_next(served.server) == row.seen);
  }
}

TEST_CASE("in an internal network clients are seen as the gateway") {
  Group group;
  group.add("cellar", "ccccccccccc2", "10.89.2.0/24", true);
  const Container safe = group.make("cellar", "10.89.2.2");
  Fd server;
  inside(safe, [&] { server = make_server("0.0.0.0", SOCK_STREAM, 80); });
  const std::uint16_t port = group.publish("10.89.2.2", 80);
  const Fd client = connect_from(kOutside, kOutside, port);
  CHECK(peer_of_next(server) == "10.89.2.1");
}

TEST_CASE("a container reaches a published port of another network by the host's address") {
  Served served;
  served.group.add("back", "ccccccccccc3", "10.89.1.0/24");
  const Container other = served.group.make("back", "10.89.1.2");
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);
  const Background echo([&] { echo_once(served.server); });
  inside(other, [&] { CHECK(talk(kOutside, port) == "back:hello"); });
}

TEST_CASE("datagrams come from the client and go back to it, from the address it has asked") {
  Served served(SOCK_DGRAM);
  const std::uint16_t port = served.group.publish("10.89.0.2", 80, Protocol::udp);
  for (const char* address : {"127.0.0.1", kOutside, "::1"}) {
    CAPTURE(address);
    const Fd client = connect_to(address, port, SOCK_DGRAM);
    for (const std::size_t size : {std::size_t{5}, std::size_t{0}, std::size_t{60000}}) {
      const std::string text(size, 'x');
      REQUIRE(::send(client.get(), text.data(), size, 0) == static_cast<ssize_t>(size));
      sockaddr_storage peer{};
      socklen_t peer_size = sizeof peer;
      std::vector<char> buffer(65536);
      const ssize_t count = ::recvfrom(served.server.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&peer), &peer_size);
      REQUIRE(count == static_cast<ssize_t>(size));
      CHECK(Endpoint::from(peer).value().address() ==
            (std::string_view(address) == kOutside ? kOutside : "10.89.0.1"));
      const std::string answer = "back:" + std::string(buffer.data(), size);
      REQUIRE(::sendto(served.server.get(), answer.data(), answer.size(), 0,
                       reinterpret_cast<sockaddr*>(&peer), peer_size) > 0);
      CHECK((receive(client) == answer));
    }
  }
}

TEST_CASE("where nobody listens in the container, and without one, the client is reset") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 81);
  CHECK(talk("127.0.0.1", port) == "reset");
  const std::uint16_t other = served.group.publish("10.89.0.3", 80);
  CHECK(talk("127.0.0.1", other) == "reset");
}

TEST_CASE("a port stays open while its container is replaced; open connections are reset") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);
  const Fd client = connect_to("127.0.0.1", port);
  const Fd accepted(::accept(served.server.get(), nullptr, nullptr));
  served.group.detach(served.web);
  std::string text;
  CHECK(read_to_end(client, text) == -ECONNRESET);
  CHECK(talk("127.0.0.1", port) == "reset");

  const Container next = served.group.make("front", "10.89.0.2");
  Fd server;
  inside(next, [&] { server = make_server("0.0.0.0", SOCK_STREAM, 80); });
  const Background echo([&] { echo_once(server); });
  CHECK(talk("127.0.0.1", port) == "back:hello");
}

TEST_CASE("a publication is turned to another container, and ended") {
  Served served;
  GroupNetwork::PublicationId id{};
  const std::uint16_t port = served.group.publish("10.89.0.2", 80, Protocol::tcp, &id);
  const Container next = served.group.make("front", "10.89.0.7");
  Fd server;
  inside(next, [&] { server = make_server("0.0.0.0", SOCK_STREAM, 8080); });
  served.group.call(
      [&] { served.group.network().retarget(id, Endpoint::parse("10.89.0.7", 8080).value()); });
  {
    const Background echo([&] { echo_once(server); });
    CHECK(talk("127.0.0.1", port) == "back:hello");
  }
  served.group.call([&] {
    served.group.network().unpublish(id);
    served.group.network().unpublish(id);
  });
  int code = 0;
  for (int i = 0; i < 100 && code != ECONNREFUSED; ++i) {
    code = try_connect(make_socket(AF_INET, SOCK_STREAM), "127.0.0.1", port);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(code == ECONNREFUSED);
}

TEST_CASE("a thousand connections leave no descriptor") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);
  const auto round = [&](int count) {
    const Background echo([&] {
      for (int i = 0; i < count; ++i)
        echo_once(served.server);
    });
    for (int i = 0; i < count; ++i)
      REQUIRE(talk("127.0.0.1", port, "x") == "back:x");
  };
  round(50);  // pipes are kept
  const int before = open_descriptors();
  round(1000);
  int after = open_descriptors();
  for (int i = 0; i < 100 && after > before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    after = open_descriptors();
  }
  CHECK(after <= before);
}

TEST_CASE("a client that does not read holds up nobody else") {
  Served served;
  const std::uint16_t port = served.group.publish("10.89.0.2", 80);
  const Background server([&] {
    const Fd slow(::accept(served.server.get(), nullptr, nullptr));
    const timeval patience{0, 300000};
    ::setsockopt(slow.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const std::string block(1 << 20, 'x');
    while (::send(slow.get(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
    for (int i = 0; i < 20; ++i)
      echo_once(served.server);
  });
  const Fd lazy = connect_to("127.0.0.1", port);
  for (int i = 0; i < 20; ++i)
    CHECK(talk("127.0.0.1", port) == "back:hello");
}

TEST_CASE("a group ends while connections are open, in and out") {
  std::optional<Served> served(std::in_place);
  const std::uint16_t port = served->group.publish("10.89.0.2", 80);
  const Fd client = connect_to("127.0.0.1", port);
  const Fd accepted(::accept(served->server.get(), nullptr, nullptr));
  const Fd outside = make_server(kOutside, SOCK_STREAM);
  Fd out;
  inside(served->web, [&] { out = connect_to(kOutside, port_of(outside)); });
  const Fd arrived(::accept(outside.get(), nullptr, nullptr));
  served.reset();
  std::string text;
  CHECK(read_to_end(client, text) == -ECONNRESET);
  CHECK(read_to_end(arrived, text) == -ECONNRESET);
}

}  // namespace cbuild::network
