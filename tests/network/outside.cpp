// Servers and clients of tests; see outside.h.
#include "tests/network/outside.h"

#include <doctest/doctest.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include "cbuild/sandbox/workspace.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "src/network/links.h"
#include "src/network/netlink.h"
#include "src/network/sockets.h"

namespace cbuild::network {

namespace {

std::vector<NetlinkMessage> loopback_with(const Endpoint& address) {
  return {link_up(kLoopback), new_address(kLoopback, address, 32)};
}

}  // namespace

void enter_outside() {
  static bool is_outside = false;
  if (std::exchange(is_outside, true)) return;
#ifndef __SANITIZE_THREAD__
  static const CancelToken cancel;
  static sandbox::Workspace workspace(cancel);
  workspace.enter();
#endif  // the sanitizer loses sight of a thread that has made a user namespace: it runs as root
  if (::unshare(CLONE_NEWNET) != 0) throw SysError("make a network namespace");
  NetlinkSocket(NETLINK_ROUTE).transact(loopback_with(*Endpoint::parse(kOutside, 0)), "set it up");
}

void inside(int network_namespace, const std::function<void()>& action) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      if (::setns(network_namespace, CLONE_NEWNET) != 0) throw SysError("setns");
      action();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

Fd make_socket(int family, int type) {
  Fd socket(::socket(family, type | SOCK_CLOEXEC, 0));
  const timeval patience{3, 0};
  if (!socket ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
    throw SysError("make a socket");
  }
  return socket;
}

Fd make_server(const char* address, int type, std::uint16_t port) {
  const Endpoint endpoint = Endpoint::parse(address, port).value();
  Fd server = make_socket(endpoint.family(), type);
  if (::bind(server.get(), endpoint.data(), endpoint.size()) != 0) throw SysError("bind");
  if (type == SOCK_STREAM && ::listen(server.get(), 1024) != 0) throw SysError("listen");
  return server;
}

std::uint16_t port_of(const Fd& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw SysError("getsockname");
  return Endpoint::from(address).value().port();
}

Fd make_transparent(const char* address, int type) {
  const Endpoint endpoint = Endpoint::parse(address, 0).value();
  Fd socket = make_socket(endpoint.family(), type);
  set_transparent(socket, endpoint.family());
  bind_socket(socket, endpoint);
  return socket;
}

void add_default_route(const char* gateway, const char* interface) {
  NetlinkSocket(NETLINK_ROUTE)
      .transact({default_route(Endpoint::parse(gateway, 0).value(), ::if_nametoindex(interface))},
                "add a default route");
}

int try_connect(const Fd& socket, const char* address, std::uint16_t port) {
  const Endpoint endpoint = Endpoint::parse(address, port).value();
  return ::connect(socket.get(), endpoint.data(), endpoint.size()) == 0 ? 0 : errno;
}

int read_to_end(const Fd& socket, std::string& text) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count < 0) return -errno;
    if (count == 0) return 0;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void send_all(const Fd& socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0) throw SysError("send");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string receive(const Fd& socket) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
  return count < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(count));
}

void check_datagrams(int network_namespace) {
  const Fd server = make_server(kOutside, SOCK_DGRAM);
  inside(network_namespace, [&] {
    const Fd socket = make_socket(AF_INET, SOCK_DGRAM);
    // Connected: the kernel drops answers from elsewhere.
    REQUIRE(try_connect(socket, kOutside, port_of(server)) == 0);
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{60000}}) {
      CAPTURE(size);
      const std::string text(size, 'x');
      REQUIRE(::send(socket.get(), text.data(), size, 0) == static_cast<ssize_t>(size));
      sockaddr_storage peer{};
      socklen_t peer_size = sizeof peer;
      std::vector<char> buffer(65536);
      const ssize_t count = ::recvfrom(server.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&peer), &peer_size);
      REQUIRE(count == static_cast<ssize_t>(size));
      const std::string answer = "back:" + std::string(buffer.data(), size);
      REQUIRE(::sendto(server.get(), answer.data(), answer.size(), 0,
                       reinterpret_cast<sockaddr*>(&peer), peer_size) > 0);
      CHECK((receive(socket) == answer));
    }
  });
}

}  // namespace cbuild::network
