// Connects programs with the outside; see tcp_border.h.
#include "src/network/tcp_border.h"

#include <memory>
#include <utility>

#include "cbuild/util/fd.h"
#include "src/network/relay.h"
#include "src/network/sockets.h"

namespace cbuild::network {

TcpBorder::TcpBorder(EventLoop& loop, PipePool& pipes, int listener, FindTarget find_target)
    : Acceptor(loop, listener), pipes_(pipes), find_target_(std::move(find_target)) {}

void TcpBorder::accepted(Fd& connection, const Endpoint& peer) {
  // Accepted by a transparent socket, it has the address that the program asked for.
  const auto target = find_target_(peer, local_endpoint(connection.get()));
  if (!target) return;
  loop().own(std::make_unique<Relay>(loop(), pipes_, connection, Way{.target = *target}), this);
}

}  // namespace cbuild::network
