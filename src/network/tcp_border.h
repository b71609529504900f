// Connections through the border.
#pragma once

#include "src/network/acceptor.h"
#include "src/network/find_target.h"

namespace cbuild::network {

class PipePool;

/// Accepts connections and makes each a Relay to what its program is to reach. What must not be
/// reached is reset.
class TcpBorder final : public Acceptor {
 public:
  /// Loop, pool and listener are borrowed.
  TcpBorder(EventLoop& loop, PipePool& pipes, int listener, FindTarget find_target);

 private:
  void accepted(Fd& connection, const Endpoint& peer) override;

  PipePool& pipes_;
  FindTarget find_target_;
};

}  // namespace cbuild::network
