// Connects clients of the host with containers; see publication.h.
#include "src/network/publication.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "cbuild/util/error.h"
#include "src/network/relay.h"
#include "src/network/sockets.h"

namespace cbuild::network {

namespace {

/// Opens with the client's address, or without it where this kernel refuses that.
template <typename Open>
auto with_source(const PublicationRoute& route, const Endpoint& client, Open&& open) {
  const auto source = source_for(route, client);
  if (source) {
    try {
      return open(source);
    } catch (const SysError&) {
      // The container sees the gateway then.
    }
  }
  return open(std::optional<Endpoint>());
}

}  // namespace

std::optional<Endpoint> source_for(const PublicationRoute& route, const Endpoint& client) noexcept {
  const auto contains = [&](const Subnet& subnet) { return subnet.contains(client); };
  const bool is_kept = route.keeps_client && client.family() == route.target.family() &&
                       !is_loopback(client) && std::ranges::none_of(route.subnets, contains);
  return is_kept ? std::optional(client.with_port(0)) : std::nullopt;
}

TcpPublication::TcpPublication(EventLoop& loop, PipePool& pipes, Fd socket)
    : Acceptor(loop, socket.get()), pipes_(pipes), socket_(std::move(socket)) {}

void TcpPublication::accepted(Fd& connection, const Endpoint& peer) {
  if (!route_) return;
  auto relay = with_source(*route_, peer, [&](const std::optional<Endpoint>& source) {
    return std::make_unique<Relay>(loop(), pipes_, connection,
                                   Way{.target = route_->target, .source = source});
  });
  loop().own(std::move(relay), this);
}

void TcpPublication::set_route(std::optional<PublicationRoute> route) {
  route_ = std::move(route);
}

void TcpPublication::end_clients() {
  loop().drop_children(*this);
}

UdpPublication::UdpPublication(EventLoop& loop, Fd socket)
    : loop_(loop),
      socket_(std::move(socket)),
      flows_(
          loop,
          *this,
          [this](const FlowEnds& ends) { return open(ends); },
          [this](const FlowEnds& ends, std::span<const std::byte> payload) {
            answer(ends, payload);
          }) {
  want_destinations(socket_, local_endpoint(socket_.get()).family());
  loop_.watch(socket_.get(), *this);
}

void UdpPublication::ready(std::uint32_t) {
  if (flows_.serve(socket_.get())) loop_.call_again(*this);
}

Fd UdpPublication::open(const FlowEnds& ends) const {
  if (!route_) return {};
  return with_source(*route_, ends.asker, [&](const std::optional<Endpoint>& source) {
    const Endpoint& target = route_->target;
    Fd socket = open_socket(target.family(), SOCK_DGRAM);
    if (source) {
      set_transparent(socket, source->family());
      bind_socket(socket, *source);
    }
    if (::connect(socket.get(), target.data(), target.size()) != 0)
      throw SysError("reach {} by UDP", target.to_string());
    return socket;
  });
}

/// From the address that the client has sent to, of those that the host has.
void UdpPublication::answer(const FlowEnds& ends, std::span<const std::byte> payload) const {
  const bool is_v6 = ends.asked.is_v6();
  alignas(cmsghdr) std::array<std::byte, 64> control{};
  iovec content{const_cast<std::byte*>(payload.data()), payload.size()};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(ends.asker.data());
  message.msg_namelen = ends.asker.size();
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = is_v6 ? CMSG_SPACE(sizeof(in6_pktinfo)) : CMSG_SPACE(sizeof(in_pktinfo));
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = is_v6 ? SOL_IPV6 : SOL_IP;
  header->cmsg_type = is_v6 ? IPV6_PKTINFO : IP_PKTINFO;
  header->cmsg_len = is_v6 ? CMSG_LEN(sizeof(in6_pktinfo)) : CMSG_LEN(sizeof(in_pktinfo));
  in6_pktinfo v6{};
  in_pktinfo v4{};
  if (is_v6) {
    std::memcpy(&v6.ipi6_addr, ends.asked.bytes().data(), sizeof v6.ipi6_addr);
    std::memcpy(CMSG_DATA(header), &v6, sizeof v6);
  } else {
    std::memcpy(&v4.ipi_spec_dst, ends.asked.bytes().data(), sizeof v4.ipi_spec_dst);
    std::memcpy(CMSG_DATA(header), &v4, sizeof v4);
  }
  (void)!::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/// The flows to the former container are of no use.
void UdpPublication::set_route(std::optional<PublicationRoute> route) {
  if (!route || !route_ || route->target != route_->target) flows_.clear();
  route_ = std::move(route);
}

void UdpPublication::end_clients() {
  flows_.clear();
}

}  // namespace cbuild::network
