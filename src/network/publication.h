// Published ports: what comes to a socket of the host goes to a container.
#pragma once

#include <optional>

#include "cbuild/util/fd.h"
#include "src/network/acceptor.h"
#include "src/network/group_table.h"
#include "src/network/udp_flows.h"

namespace cbuild::network {

class PipePool;

/// A published port. Handlers of the loop of the thread that is in the group's namespace.
class Publication {
 public:
  virtual ~Publication() = default;

  /// Where new clients go; absent while there is no container.
  virtual void set_route(std::optional<PublicationRoute> route) = 0;

  /// Ends what clients have open.
  virtual void end_clients() = 0;
};

/// The address that the container sees; absent for the gateway's.
std::optional<Endpoint> source_for(const PublicationRoute& route, const Endpoint& client) noexcept;

/// Connections. Without a route they are reset.
class TcpPublication final : public Acceptor, public Publication {
 public:
  /// Borrows loop and pool. @param socket  of the host: a listener
  TcpPublication(EventLoop& loop, PipePool& pipes, Fd socket);

  void set_route(std::optional<PublicationRoute> route) override;
  void end_clients() override;

 private:
  void accepted(Fd& connection, const Endpoint& peer) override;

  PipePool& pipes_;
  Fd socket_;
  std::optional<PublicationRoute> route_;
};

/// Datagrams. Without a route they are lost.
class UdpPublication final : public Handler, public Publication {
 public:
  /// Borrows the loop. @param socket  of the host. @throws SysError
  UdpPublication(EventLoop& loop, Fd socket);

  void ready(std::uint32_t events) override;

  void set_route(std::optional<PublicationRoute> route) override;
  void end_clients() override;

 private:
  Fd open(const FlowEnds& ends) const;
  void answer(const FlowEnds& ends, std::span<const std::byte> payload) const;

  EventLoop& loop_;
  Fd socket_;
  std::optional<PublicationRoute> route_;
  UdpFlows flows_;
};

}  // namespace cbuild::network
