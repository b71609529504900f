// The resolver of a network by TCP.
#pragma once

#include <vector>

#include "src/network/acceptor.h"
#include "src/network/resolver.h"

namespace cbuild::network {

/// Answers queries that come by connections, each message for itself: what is known here at once,
/// the rest by a connection to the first server. A connection without traffic is closed after 30 s.
class TcpResolver final : public Acceptor {
 public:
  /// Loop, listener and servers are borrowed.
  TcpResolver(EventLoop& loop,
              int listener,
              const std::vector<Endpoint>& servers,
              LocalAnswer local);

 private:
  void accepted(Fd& connection, const Endpoint& peer) override;

  const std::vector<Endpoint>& servers_;
  LocalAnswer local_;
};

}  // namespace cbuild::network
