// Datagrams from many to few: who sends what to whom, and gets which answers.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/fd.h"

namespace cbuild {
class EventLoop;
class Handler;
}  // namespace cbuild

namespace cbuild::network {

class UdpFlow;

/// Both ends of a flow, as the one who began it sees them.
struct FlowEnds {
  Endpoint asker;
  Endpoint asked;

  friend bool operator<(const FlowEnds& a, const FlowEnds& b) noexcept {
    return a.asker < b.asker || (a.asker == b.asker && a.asked < b.asked);
  }
};

/// The datagrams that come in at a socket. Each pair of ends has a socket of its own to the target
/// while it is in use: 30 s after the last datagram it is closed. A datagram that cannot be sent on
/// is lost, as UDP may.
class UdpFlows {
 public:
  /// A non-blocking socket that is connected to what a flow is to reach; empty when there is none.
  /// May throw SysError.
  using Open = std::function<Fd(const FlowEnds&)>;
  /// Sends an answer to the asker, from the asked address.
  using Answer = std::function<void(const FlowEnds&, std::span<const std::byte>)>;

  /// Flows are handlers of the loop, and end with `parent`.
  UdpFlows(EventLoop& loop, Handler& parent, Open open, Answer answer);

  /// Sends on what has come in, up to a share of the time. @param socket  with
  /// want_destinations()
  /// @return true when there may be more
  bool serve(int socket);

  /// Ends all flows.
  void clear();

 private:
  friend class UdpFlow;
  void forward(const FlowEnds& ends, std::span<const std::byte> payload);
  void forget(const FlowEnds& ends);

  EventLoop& loop_;
  Handler& parent_;
  Open open_;
  Answer answer_;
  std::map<FlowEnds, UdpFlow*> flows_;  ///< owned by the loop
};

}  // namespace cbuild::network
