// The resolver of a private network: passes questions on to the servers of the host.
#pragma once

#include <cstddef>
#include <vector>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/event_loop.h"

namespace cbuild::network {

class DnsQuery;

/// Answers queries by UDP at one socket. A server that is silent for two seconds, or refuses, is
/// followed by the next; each is asked twice. Then the answer is "server failure". Messages pass
/// unchanged, EDNS and truncation among it; a server on the host's loopback (127.0.0.53) is
/// reached, because the questions come from the host's network.
class Resolver : public Handler {
 public:
  /// All is borrowed. `servers` may be empty.
  Resolver(EventLoop& loop, int socket, const std::vector<Endpoint>& servers);

  void ready(std::uint32_t events) override;

 private:
  friend class DnsQuery;
  void take(const Endpoint& asker, std::span<const std::byte> bytes);
  void answer(const Endpoint& asker, std::span<const std::byte> bytes) const;

  EventLoop& loop_;
  int socket_;
  const std::vector<Endpoint>& servers_;
  std::size_t open_ = 0;  ///< queries without an answer
};

}  // namespace cbuild::network
