// The resolver of a network by UDP: answers what it knows, and passes the rest on.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/event_loop.h"

namespace cbuild::network {

/// (asker, query, most bytes) -> the response to a query that needs no server; absent for others.
using LocalAnswer = std::function<std::optional<std::vector<std::byte>>(
    const Endpoint&, std::span<const std::byte>, std::size_t)>;

/// Answers queries by UDP at one socket. A server that is silent for two seconds, or refuses, is
/// followed by the next; each is asked twice. Then the answer is "server failure". Messages pass
/// unchanged, EDNS and truncation among it; a server on the host's loopback (127.0.0.53) is
/// reached, because the questions come from the host's network.
class Resolver : public Handler {
 public:
  /// Loop, socket and servers are borrowed. `servers` may be empty, and so may be `local`.
  Resolver(EventLoop& loop,
           int socket,
           const std::vector<Endpoint>& servers,
           LocalAnswer local = nullptr);

  void ready(std::uint32_t events) override;

 private:
  friend class DnsQuery;
  void take(const Endpoint& asker, std::span<const std::byte> bytes);
  void answer(const Endpoint& asker, std::span<const std::byte> bytes) const;

  EventLoop& loop_;
  int socket_;
  const std::vector<Endpoint>& servers_;
  LocalAnswer local_;
  std::shared_ptr<std::size_t> open_;  ///< queries without an answer, which may end after this
};

}  // namespace cbuild::network
