// The outside of a private network, for tests: a network namespace with servers in it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/fd.h"

namespace cbuild::network {

/// An address of the outside that is not loopback.
inline constexpr const char* kOutside = "198.51.100.1";

/// Moves this thread into a user namespace and a network namespace that has loopback and kOutside.
/// The first call does it, the others nothing.
void enter_outside();

/// Runs `action` on a thread in this network namespace, and waits for it. Exceptions come back.
void inside(int network_namespace, const std::function<void()>& action);

/// A socket that waits three seconds at most in each call.
Fd make_socket(int family, int type);
/// Bound to `address` and a free port, or to `port`; TCP listens.
Fd make_server(const char* address, int type, std::uint16_t port = 0);
std::uint16_t port_of(const Fd& socket);
/// Bound to an address that this namespace need not have.
Fd make_transparent(const char* address, int type);
/// In the network namespace of this thread.
void add_default_route(const char* gateway, const char* interface);

/// connect(2). @return 0 or the errno
int try_connect(const Fd& socket, const char* address, std::uint16_t port);

/// All bytes until the end. @return what recv(2) said at last: 0, or minus the errno
int read_to_end(const Fd& socket, std::string& text);
void send_all(const Fd& socket, std::string_view text);
/// One datagram; empty when none comes.
std::string receive(const Fd& socket);

/// Datagrams of several sizes go from the namespace to kOutside, and the answers come back from
/// there.
void check_datagrams(int network_namespace);

/// A thread that is joined.
class Background {
 public:
  explicit Background(std::function<void()> action) : thread_(std::move(action)) {}

  ~Background() { thread_.join(); }

  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  std::thread thread_;
};

}  // namespace cbuild::network
