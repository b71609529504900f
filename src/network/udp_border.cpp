// UDP through the border; see udp_border.h.
#include "src/network/udp_border.h"

#include <sys/socket.h>

#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "src/network/border_sockets.h"
#include "src/network/datagram.h"
#include "src/network/sockets.h"

namespace cbuild::network {

namespace {

Fd open_flow(const FindTarget& find_target, const FlowEnds& ends) {
  const auto target = find_target(ends.asker, ends.asked);
  if (!target) return {};
  Fd socket = open_socket(target->family(), SOCK_DGRAM);
  if (::connect(socket.get(), target->data(), target->size()) != 0)
    throw SysError("reach {} by UDP", target->to_string());
  return socket;
}

void send_answer(int raw, const FlowEnds& ends, std::span<const std::byte> payload) {
  const std::vector<std::byte> packet = udp_packet(ends.asked, ends.asker, payload);
  const Endpoint target = ends.asker.with_port(0);  // a raw socket has none
  (void)!::sendto(raw, packet.data(), packet.size(), MSG_DONTWAIT, target.data(), target.size());
}

}  // namespace

UdpBorder::UdpBorder(EventLoop& loop, const BorderSockets& sockets, FindTarget find_target)
    : loop_(loop),
      border_(sockets.udp.get()),
      flows_(
          loop,
          *this,
          [find = std::move(find_target)](const FlowEnds& ends) { return open_flow(find, ends); },
          [raw = sockets.raw.get()](const FlowEnds& ends, std::span<const std::byte> payload) {
            send_answer(raw, ends, payload);
          }) {
  loop_.watch(border_, *this);
}

void UdpBorder::ready(std::uint32_t) {
  if (flows_.serve(border_)) loop_.call_again(*this);
}

}  // namespace cbuild::network
