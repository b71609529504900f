// Connections through the border.
#pragma once

#include <optional>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/event_loop.h"

namespace cbuild {
class Fd;
}

namespace cbuild::network {

struct Addresses;
class PipePool;

/// Accepts connections and makes each a Relay to the address that the program asked for, or to
/// `target` when it is given. What must not be reached is reset.
class TcpBorder : public Handler {
 public:
  /// All is borrowed.
  TcpBorder(EventLoop& loop,
            PipePool& pipes,
            const Addresses& addresses,
            int listener,
            std::optional<Endpoint> target = std::nullopt);

  void ready(std::uint32_t events) override;

  void expired() override { ready(0); }

 private:
  std::optional<Endpoint> find_target(const Fd& connection) const noexcept;

  EventLoop& loop_;
  PipePool& pipes_;
  const Addresses& addresses_;
  int listener_;
  std::optional<Endpoint> target_;
};

}  // namespace cbuild::network
