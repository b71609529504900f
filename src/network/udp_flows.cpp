// Sends datagrams on; see udp_flows.h.
#include "src/network/udp_flows.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/event_loop.h"

namespace cbuild::network {

namespace {

constexpr std::size_t kMostFlows = 4096;
constexpr std::size_t kMostAtOnce = 256;  // datagrams before others have their turn
constexpr std::size_t kLargest = 65507;   // bytes of a datagram of IPv4
constexpr auto kIdle = std::chrono::seconds(30);

struct Datagram {
  FlowEnds ends;
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

/// The next datagram; absent when there is none. One without its target is skipped.
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
    if (size < 0 && errno == ECONNREFUSED) continue;  // the report of an ICMP message, taken now
    if (size < 0) return std::nullopt;
    const auto asker = Endpoint::from(source);
    const auto asked = original_target(message);
    if (asker && asked)
      return Datagram{{*asker, *asked}, buffer.first(static_cast<std::size_t>(size))};
  }
}

}  // namespace

/// What two ends send each other.
class UdpFlow : public Handler {
 public:
  UdpFlow(UdpFlows& flows, const FlowEnds& ends, Fd socket)
      : flows_(flows), ends_(ends), socket_(std::move(socket)) {
    flows_.loop_.watch(socket_.get(), *this);
    expired();
  }

  void send(std::span<const std::byte> payload) {
    last_use_ = Clock::now();
    (void)!::send(socket_.get(), payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  void ready(std::uint32_t) override {
    std::array<std::byte, kLargest> buffer;
    for (std::size_t i = 0; i < kMostAtOnce; ++i) {
      const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0 && errno == ECONNREFUSED) continue;
      if (size < 0) return;
      last_use_ = Clock::now();
      flows_.answer_(ends_, std::span(buffer).first(static_cast<std::size_t>(size)));
    }
    flows_.loop_.call_again(*this);
  }

  void expired() override {
    if (Clock::now() - last_use_ >= kIdle) {
      flows_.forget(ends_);
    } else {
      flows_.loop_.call_at(*this, last_use_ + kIdle);
    }
  }

 private:
  UdpFlows& flows_;
  FlowEnds ends_;
  Fd socket_;
  Clock::time_point last_use_ = Clock::now();
};

UdpFlows::UdpFlows(EventLoop& loop, Handler& parent, Open open, Answer answer)
    : loop_(loop), parent_(parent), open_(std::move(open)), answer_(std::move(answer)) {}

bool UdpFlows::serve(int socket) {
  std::array<std::byte, kLargest> buffer;
  for (std::size_t i = 0; i < kMostAtOnce; ++i) {
    const auto datagram = receive(socket, buffer);
    if (!datagram) return false;
    forward(datagram->ends, datagram->payload);
  }
  return true;
}

void UdpFlows::forward(const FlowEnds& ends, std::span<const std::byte> payload) {
  auto found = flows_.find(ends);
  if (found == flows_.end()) {
    if (flows_.size() >= kMostFlows) return;
    try {
      Fd socket = open_(ends);
      if (!socket) return;
      auto flow = std::make_unique<UdpFlow>(*this, ends, std::move(socket));
      found = flows_.emplace(ends, flow.get()).first;
      loop_.own(std::move(flow), &parent_);
    } catch (const SysError&) {
      return;
    }
  }
  found->second->send(payload);
}

void UdpFlows::forget(const FlowEnds& ends) {
  const auto found = flows_.find(ends);
  if (found == flows_.end()) return;
  UdpFlow& flow = *found->second;
  flows_.erase(found);
  loop_.drop(flow);
}

void UdpFlows::clear() {
  for (const auto& [ends, flow] : std::exchange(flows_, {}))
    loop_.drop(*flow);
}

}  // namespace cbuild::network
