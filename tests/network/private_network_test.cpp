// Rules of a private network: what gets out, and how; what does not.
#include "cbuild/network/private_network.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "tests/network/outside.h"

namespace cbuild::network {

namespace {

/// A network whose outside is that of enter_outside().
struct Network {
  explicit Network(PrivateNetworkOptions options = {})
      : own(enter_and_return(std::move(options))) {}

  static PrivateNetworkOptions enter_and_return(PrivateNetworkOptions options) {
    enter_outside();
    return options;
  }

  /// Connects from inside. @return 0 or the errno
  int connect(const char* address, std::uint16_t port) const {
    int code = 0;
    inside(own.namespace_fd(),
           [&] { code = try_connect(make_socket(AF_INET, SOCK_STREAM), address, port); });
    return code;
  }

  PrivateNetwork own;
};

/// Accepts one connection, reads it to its end and sends back what came, with a mark before it.
void echo_once(const Fd& server) {
  const Fd connection(::accept(server.get(), nullptr, nullptr));
  std::string text;
  read_to_end(connection, text);
  send_all(connection, "back:" + text);
}

/// Sends the text, ends that direction, and reads the other.
std::string converse(const Fd& socket, std::string_view text) {
  send_all(socket, text);
  ::shutdown(socket.get(), SHUT_WR);
  std::string answer;
  CHECK(read_to_end(socket, answer) == 0);
  return answer;
}

}  // namespace

TEST_CASE("a connection gets out; the end of one direction leaves the other open") {
  const Network network;
  const Fd server = make_server(kOutside, SOCK_STREAM);
  const Background echo([&] { echo_once(server); });
  inside(network.own.namespace_fd(), [&] {
    const Fd socket = make_socket(AF_INET, SOCK_STREAM);
    REQUIRE(try_connect(socket, kOutside, port_of(server)) == 0);
    CHECK(converse(socket, "hello") == "back:hello");
  });
}

TEST_CASE("many megabytes pass both ways unchanged") {
  const Network network;
  const Fd server = make_server(kOutside, SOCK_STREAM);
  std::string text;
  for (int i = 0; text.size() < (24U << 20); ++i)
    text += std::to_string(i) + " ";
  const Background echo([&] { echo_once(server); });
  inside(network.own.namespace_fd(), [&] {
    const Fd socket = make_socket(AF_INET, SOCK_STREAM);
    REQUIRE(try_connect(socket, kOutside, port_of(server)) == 0);
    CHECK((converse(socket, text) == "back:" + text));
  });
}

TEST_CASE("hundreds of connections are open at once") {
  constexpr int kCount = 300;
  const Network network;
  const Fd server = make_server(kOutside, SOCK_STREAM);
  const Background echo([&] {
    std::vector<Fd> connections;
    for (int i = 0; i < kCount; ++i)
      connections.emplace_back(::accept(server.get(), nullptr, nullptr));
    for (const Fd& connection : connections)
      send_all(connection, "x");
  });
  inside(network.own.namespace_fd(), [&] {
    std::vector<Fd> sockets;
    for (int i = 0; i < kCount; ++i) {
      sockets.push_back(make_socket(AF_INET, SOCK_STREAM));
      REQUIRE(try_connect(sockets.back(), kOutside, port_of(server)) == 0);
    }
    for (const Fd& socket : sockets)
      CHECK(receive(socket) == "x");
  });
}

TEST_CASE("where nobody listens outside, the connection is reset") {
  const Network network;
  const std::uint16_t port = port_of(make_server(kOutside, SOCK_STREAM));  // closed again
  inside(network.own.namespace_fd(), [&] {
    const Fd socket = make_socket(AF_INET, SOCK_STREAM);
    const int connected = try_connect(socket, kOutside, port);
    std::string text;
    CHECK((connected == ECONNREFUSED || read_to_end(socket, text) == -ECONNRESET));
  });
}

TEST_CASE("a reset by the server is a reset for the program") {
  const Network network;
  const Fd server = make_server(kOutside, SOCK_STREAM);
  const Background rude([&] {
    const Fd connection(::accept(server.get(), nullptr, nullptr));
    receive(connection);
    const linger at_once{1, 0};
    ::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  });
  inside(network.own.namespace_fd(), [&] {
    const Fd socket = make_socket(AF_INET, SOCK_STREAM);
    REQUIRE(try_connect(socket, kOutside, port_of(server)) == 0);
    send_all(socket, "x");
    std::string text;
    CHECK(read_to_end(socket, text) == -ECONNRESET);
  });
}

TEST_CASE("loopback of the host and link-local addresses are out of reach") {
  const Network network;
  const Fd server = make_server("127.0.0.1", SOCK_STREAM);
  CHECK(network.connect("127.0.0.1", port_of(server)) == ECONNREFUSED);
  CHECK(network.connect("0.0.0.0", port_of(server)) == ECONNREFUSED);
  CHECK(network.connect("169.254.169.254", 80) == EHOSTUNREACH);
  CHECK(network.own.host_gateway().empty());
}

TEST_CASE("loopback of the host is reached by the gateway, where it was asked for") {
  const Network network({.resolv_conf = "", .servers = {}, .host_gateway = true});
  const Fd server = make_server("127.0.0.1", SOCK_STREAM);
  const Background echo([&] { echo_once(server); });
  inside(network.own.namespace_fd(), [&] {
    const Fd socket = make_socket(AF_INET, SOCK_STREAM);
    REQUIRE(try_connect(socket, network.own.host_gateway().c_str(), port_of(server)) == 0);
    CHECK(converse(socket, "hello") == "back:hello");
  });
}

TEST_CASE("programs in the network reach each other, whatever the address") {
  const Network network;
  inside(network.own.namespace_fd(), [&] {
    for (const char* address : {"127.0.0.1", "10.89.0.2", "::1"}) {
      CAPTURE(address);
      const Fd server = make_server(address, SOCK_STREAM);
      const Background echo([&] { echo_once(server); });
      const Fd socket =
          make_socket(std::string_view(address) == "::1" ? AF_INET6 : AF_INET, SOCK_STREAM);
      REQUIRE(try_connect(socket, address, port_of(server)) == 0);
      CHECK(converse(socket, "hello") == "back:hello");
    }
  });
}

TEST_CASE("a datagram is answered from the address that it was sent to") {
  const Network network;
  check_datagrams(network.own.namespace_fd());
}

namespace {

// ID 7, one question: A of "a".
const std::string kQuery("\0\7\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1", 19);

std::string ask(const Network& network, int type) {
  std::string answer;
  inside(network.own.namespace_fd(), [&] {
    const Fd socket = make_socket(AF_INET, type);
    REQUIRE(try_connect(socket, "10.89.0.1", 53) == 0);
    REQUIRE(::send(socket.get(), kQuery.data(), kQuery.size(), 0) > 0);
    answer = receive(socket);
  });
  return answer;
}

/// Answers one datagram with `head` in place of its first bytes.
void answer_datagram(const Fd& server, std::string_view head) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  std::string buffer(512, '\0');
  const ssize_t count = ::recvfrom(server.get(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&peer), &size);
  if (count < 0) return;
  buffer.resize(static_cast<std::size_t>(count));
  buffer.replace(0, head.size(), head);
  (void)!::sendto(server.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&peer),
                  size);
}

}  // namespace

TEST_CASE("the resolver asks the servers of the host, also those on its loopback") {
  const Network network({.resolv_conf = "nameserver 127.0.0.53\nsearch corp\n", .servers = {}});
  CHECK(network.own.resolv_conf() == "nameserver 10.89.0.1\nsearch corp\n");
  const Fd server = make_server("127.0.0.53", SOCK_DGRAM, 53);
  const Background answers([&] { answer_datagram(server, std::string_view("\0\7\x81\x80", 4)); });
  CHECK(ask(network, SOCK_DGRAM).substr(0, 4) == std::string("\0\7\x81\x80", 4));
}

TEST_CASE("a server that refuses is followed by the next; without any the answer is a failure") {
  const Network network({.resolv_conf = "", .servers = {"127.0.0.2", "127.0.0.3"}});
  {
    const Fd server = make_server("127.0.0.3", SOCK_DGRAM, 53);
    const Background answers([&] { answer_datagram(server, std::string_view("\0\7\x81\x80", 4)); });
    CHECK(ask(network, SOCK_DGRAM).substr(0, 4) == std::string("\0\7\x81\x80", 4));
  }
  CHECK(ask(network, SOCK_DGRAM).substr(0, 4) == std::string("\0\7\x81\x82", 4));
}

TEST_CASE("an answer to another question is not passed on") {
  const Network network({.resolv_conf = "", .servers = {"127.0.0.4"}});
  const Fd server = make_server("127.0.0.4", SOCK_DGRAM, 53);
  const Background forged([&] { answer_datagram(server, std::string_view("\0\x8\x81\x80", 4)); });
  CHECK(ask(network, SOCK_DGRAM).substr(0, 4) != std::string("\0\x8\x81\x80", 4));
}

TEST_CASE("the resolver takes connections, too") {
  const Network network({.resolv_conf = "", .servers = {"127.0.0.5"}});
  const Fd server = make_server("127.0.0.5", SOCK_STREAM, 53);
  const Background answers([&] {
    const Fd connection(::accept(server.get(), nullptr, nullptr));
    send_all(connection, "tcp:" + receive(connection));
  });
  CHECK(ask(network, SOCK_STREAM) == "tcp:" + kQuery);
}

TEST_CASE("an address of a DNS server that is none is refused") {
  enter_outside();
  CHECK_THROWS(PrivateNetwork({.resolv_conf = "", .servers = {"example.org"}}));
}

}  // namespace cbuild::network
