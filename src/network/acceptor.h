// Accepts the connections of a listener.
#pragma once

#include "cbuild/util/event_loop.h"

namespace cbuild {
class Fd;
}

namespace cbuild::network {

class Endpoint;

/// Takes connections in turn with the other handlers of its loop. Where descriptors or memory are
/// short, they wait in the queue of the listener.
class Acceptor : public Handler {
 public:
  /// Borrows both. `listener` is non-blocking.
  Acceptor(EventLoop& loop, int listener);

  void ready(std::uint32_t events) override;

  void expired() override { ready(0); }

 protected:
  /// What is done with a connection, which comes from `peer`. One that is left here is reset; so it
  /// is when an Error is thrown.
  virtual void accepted(Fd& connection, const Endpoint& peer) = 0;

  EventLoop& loop() noexcept { return loop_; }

 private:
  bool accept_one();

  EventLoop& loop_;
  int listener_;
};

}  // namespace cbuild::network
