// Datagrams through the border.
#pragma once

#include <map>
#include <span>
#include <utility>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/event_loop.h"

namespace cbuild::network {

struct Addresses;
class UdpFlow;

/// The datagrams of one family: each pair of a program's address and a target has a socket of the
/// host's network while it is in use. Answers get the target's address as their source.
class UdpBorder : public Handler {
 public:
  /// `border`: transparent, with the original destination in control messages; `raw`: for packets
  /// with a header of their own. All is borrowed.
  UdpBorder(EventLoop& loop, const Addresses& addresses, int border, int raw);

  void ready(std::uint32_t events) override;

  /// Sends an answer to a program.
  void answer(const Endpoint& from, const Endpoint& to, std::span<const std::byte> payload) const;

  /// Ends a flow.
  void forget(const Endpoint& guest, const Endpoint& asked);

 private:
  void forward(const Endpoint& guest, const Endpoint& asked, std::span<const std::byte> payload);

  EventLoop& loop_;
  const Addresses& addresses_;
  int border_;
  int raw_;
  std::map<std::pair<Endpoint, Endpoint>, UdpFlow*> flows_;  ///< owned by the loop
};

}  // namespace cbuild::network
