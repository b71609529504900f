// UDP through the border; see udp_border.h.
#include "src/network/udp_border.h"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/network/addresses.h"
#include "src/network/datagram.h"

namespace cbuild::network {

namespace {

constexpr std::size_t kMostFlows = 4096;
constexpr std::size_t kMostAtOnce = 256;  // datagrams before others have their turn
constexpr std::size_t kLargest = 65507;   // bytes of a datagram of IPv4
constexpr auto kIdle = std::chrono::seconds(30);

struct Datagram {
  Endpoint guest;
  Endpoint asked;  ///< where it was sent
  std::span<const std::byte> payload;
};

/// Where a datagram was sent, by the control messages that came with it.
std::optional<Endpoint> original_target(msghdr& message) noexcept {
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    const bool is_v4 = at->cmsg_level == SOL_IP && at->cmsg_type == IP_ORIGDSTADDR;
    const bool is_v6 = at->cmsg_level == SOL_IPV6 && at->cmsg_type == IPV6_ORIGDSTADDR;
    if (!is_v4 && !is_v6) continue;
    sockaddr_storage address{};
    std::memcpy(&address, CMSG_DATA(at), is_v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    return Endpoint::from(address);
  }
  return std::nullopt;
}

/// The next datagram at the border; absent when there is none. One without its target is skipped.
std::optional<Datagram> receive(int socket, std::span<std::byte> buffer) noexcept {
  for (;;) {
    sockaddr_storage source{};
    alignas(cmsghdr) std::array<std::byte, 256> control;
    iovec content{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket, &message, MSG_DONTWAIT);
    if (size < 0) return std::nullopt;
    const auto guest = Endpoint::from(source);
    const auto target = original_target(message);
    if (guest && target)
      return Datagram{*guest, *target, buffer.first(static_cast<std::size_t>(size))};
  }
}

}  // namespace

/// What one program and one target send each other.
class UdpFlow : public Handler {
 public:
  /// `asked`: the target that the program named, `target`: what that is on the host's side.
  UdpFlow(EventLoop& loop,
          UdpBorder& border,
          const Endpoint& guest,
          const Endpoint& asked,
          const Endpoint& target)
      : loop_(loop),
        border_(border),
        guest_(guest),
        asked_(asked),
        host_(::socket(target.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (!host_ || ::connect(host_.get(), target.data(), target.size()) != 0)
      throw SysError("reach {} by UDP", target.to_string());
    loop_.watch(host_.get(), *this);
    expired();
  }

  void send(std::span<const std::byte> payload) {
    last_use_ = Clock::now();
    (void)!::send(host_.get(), payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  void ready(std::uint32_t) override {
    std::array<std::byte, kLargest> buffer;
    for (std::size_t i = 0; i < kMostAtOnce; ++i) {
      const ssize_t size = ::recv(host_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0 && errno == ECONNREFUSED) continue;  // the report of an ICMP message, taken now
      if (size < 0) return;
      last_use_ = Clock::now();
      border_.answer(asked_, guest_, std::span(buffer).first(static_cast<std::size_t>(size)));
    }
    loop_.call_again(*this);
  }

  void expired() override {
    if (Clock::now() - last_use_ >= kIdle) {
      border_.forget(guest_, asked_);
    } else {
      loop_.call_at(*this, last_use_ + kIdle);
    }
  }

 private:
  EventLoop& loop_;
  UdpBorder& border_;
  Endpoint guest_;
  Endpoint asked_;
  Fd host_;
  Clock::time_point last_use_ = Clock::now();
};

UdpBorder::UdpBorder(EventLoop& loop, const Addresses& addresses, int border, int raw)
    : loop_(loop), addresses_(addresses), border_(border), raw_(raw) {
  loop_.watch(border_, *this);
}

void UdpBorder::ready(std::uint32_t) {
  std::array<std::byte, kLargest> buffer;
  for (std::size_t i = 0; i < kMostAtOnce; ++i) {
    const auto datagram = receive(border_, buffer);
    if (!datagram) return;
    forward(datagram->guest, datagram->asked, datagram->payload);
  }
  loop_.call_again(*this);
}

/// A datagram that cannot be sent on is lost, as UDP may.
void UdpBorder::forward(const Endpoint& guest,
                        const Endpoint& asked,
                        std::span<const std::byte> payload) {
  const std::pair key(guest, asked);
  auto found = flows_.find(key);
  if (found == flows_.end()) {
    const auto target = target_of(addresses_, asked);
    if (!target || flows_.size() >= kMostFlows) return;
    try {
      auto flow = std::make_unique<UdpFlow>(loop_, *this, guest, asked, *target);
      found = flows_.emplace(key, flow.get()).first;
      loop_.own(std::move(flow));
    } catch (const SysError&) {
      return;
    }
  }
  found->second->send(payload);
}

void UdpBorder::answer(const Endpoint& from,
                       const Endpoint& to,
                       std::span<const std::byte> payload) const {
  const std::vector<std::byte> packet = udp_packet(from, to, payload);
  const Endpoint target = to.with_port(0);  // a raw socket has none
  (void)!::sendto(raw_, packet.data(), packet.size(), MSG_DONTWAIT, target.data(), target.size());
}

void UdpBorder::forget(const Endpoint& guest, const Endpoint& asked) {
  const auto found = flows_.find({guest, asked});
  if (found == flows_.end()) return;
  UdpFlow& flow = *found->second;
  flows_.erase(found);
  loop_.drop(flow);
}

}  // namespace cbuild::network
