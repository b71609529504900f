// What the tests of the loop's handlers share: a loop on a thread, sockets of loopback.
#pragma once

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <thread>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/error.h"
#include "cbuild/util/event_loop.h"
#include "cbuild/util/fd.h"

namespace cbuild::network {

/// Runs a loop until the end of the scope.
class Running {
 public:
  explicit Running(EventLoop& loop) : loop_(loop) {
    ::signal(SIGPIPE, SIG_IGN);  // as main() does
    thread_ = std::thread([&] { loop_.run(); });
  }

  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  ~Running() {
    loop_.stop();
    thread_.join();
  }

 private:
  EventLoop& loop_;
  std::thread thread_;
};

/// A socket of IPv4 that waits three seconds at most in each call.
inline Fd make_socket(int type) {
  Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const timeval patience{3, 0};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
    throw SysError("make a socket");
  return socket;
}

/// Bound to a free port of 127.0.0.1; TCP listens. `flags`: SOCK_NONBLOCK.
inline Fd make_server(int type, int flags = 0) {
  Fd server = make_socket(type | flags);
  const Endpoint any = Endpoint::parse("127.0.0.1", 0).value();
  if (::bind(server.get(), any.data(), any.size()) != 0) throw SysError("bind");
  if (type == SOCK_STREAM && ::listen(server.get(), 16) != 0) throw SysError("listen");
  return server;
}

inline Endpoint endpoint_of(const Fd& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw SysError("getsockname");
  return Endpoint::from(address).value();
}

inline Fd connect_to(const Endpoint& target, int type) {
  Fd socket = make_socket(type);
  if (::connect(socket.get(), target.data(), target.size()) != 0) throw SysError("connect");
  return socket;
}

inline Fd accept_from(const Fd& server) {
  return Fd(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
}

inline void send_all(const Fd& socket, std::string_view text) {
  if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(text.size()))
    throw SysError("send");
}

/// What one recv(2) gives; "errno N" when it fails.
inline std::string receive(const Fd& socket, int flags = 0) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), flags);
  return count < 0 ? "errno " + std::to_string(errno)
                   : std::string(buffer.data(), static_cast<std::size_t>(count));
}

}  // namespace cbuild::network
