// Datagrams through the border.
#pragma once

#include "cbuild/util/event_loop.h"
#include "src/network/find_target.h"
#include "src/network/udp_flows.h"

namespace cbuild::network {

struct BorderSockets;

/// The datagrams of one family that leave a network. Answers get the target's address as their
/// source.
class UdpBorder final : public Handler {
 public:
  /// Loop and sockets are borrowed.
  UdpBorder(EventLoop& loop, const BorderSockets& sockets, FindTarget find_target);

  void ready(std::uint32_t events) override;

 private:
  EventLoop& loop_;
  int border_;
  UdpFlows flows_;
};

}  // namespace cbuild::network
