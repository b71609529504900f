// Passes questions of DNS on; see resolver.h.
#include "src/network/resolver.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "cbuild/util/fd.h"
#include "src/network/dns_message.h"
#include "src/network/dns_reply.h"

namespace cbuild::network {

namespace {

constexpr std::size_t kMostOpen = 1024;
constexpr std::size_t kMostAtOnce = 64;  // queries before others have their turn
constexpr std::size_t kLargest = 65535;
constexpr std::size_t kRounds = 2;
constexpr auto kPatience = std::chrono::seconds(2);

/// A datagram socket that hears the server only, from a port of its own.
Fd open_to(const Endpoint& server) noexcept {
  Fd socket(::socket(server.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket && ::connect(socket.get(), server.data(), server.size()) == 0) return socket;
  return {};
}

}  // namespace

/// A question on its way.
class DnsQuery : public Handler {
 public:
  DnsQuery(EventLoop& loop,
           Resolver& resolver,
           const Endpoint& asker,
           std::span<const std::byte> query)
      : loop_(loop),
        resolver_(resolver),
        asker_(asker),
        query_(query.begin(), query.end()),
        open_(resolver.open_) {
    ++*open_;
  }

  DnsQuery(const DnsQuery&) = delete;
  DnsQuery& operator=(const DnsQuery&) = delete;

  ~DnsQuery() override { --*open_; }

  /// Asks the next server; without one the query has failed.
  void ask() {
    const auto& servers = resolver_.servers_;
    while (tries_ < kRounds * servers.size()) {
      server_ = open_to(servers[tries_++ % servers.size()]);
      if (!server_ || ::send(server_.get(), query_.data(), query_.size(), MSG_DONTWAIT) < 0)
        continue;
      loop_.watch(server_.get(), *this);
      return loop_.call_at(*this, Clock::now() + kPatience);
    }
    if (const auto parsed = parse_dns(query_))
      resolver_.answer(asker_, DnsReply(query_, *parsed, DnsCode::server_failure).take());
    loop_.drop(*this);
  }

  void ready(std::uint32_t) override {
    std::array<std::byte, kLargest> buffer;
    for (;;) {
      const ssize_t size = ::recv(server_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0 && errno == EAGAIN) return;
      if (size < 0) return ask();  // refused
      const auto response = std::span(buffer).first(static_cast<std::size_t>(size));
      const auto parsed = parse_dns(response);
      if (!parsed || !answers(*parsed, *parse_dns(query_))) continue;
      resolver_.answer(asker_, response);
      return loop_.drop(*this);
    }
  }

  void expired() override { ask(); }

 private:
  EventLoop& loop_;
  Resolver& resolver_;
  Endpoint asker_;
  std::vector<std::byte> query_;
  std::shared_ptr<std::size_t> open_;
  std::size_t tries_ = 0;
  Fd server_;
};

Resolver::Resolver(EventLoop& loop,
                   int socket,
                   const std::vector<Endpoint>& servers,
                   LocalAnswer local)
    : loop_(loop),
      socket_(socket),
      servers_(servers),
      local_(std::move(local)),
      open_(std::make_shared<std::size_t>(0)) {
  loop_.watch(socket_, *this);
}

void Resolver::ready(std::uint32_t) {
  std::array<std::byte, kLargest> buffer;
  for (std::size_t i = 0; i < kMostAtOnce; ++i) {
    sockaddr_storage source{};
    socklen_t source_size = sizeof source;
    const ssize_t size = ::recvfrom(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&source), &source_size);
    if (size < 0) return;
    if (const auto asker = Endpoint::from(source))
      take(*asker, std::span(buffer).first(static_cast<std::size_t>(size)));
  }
  loop_.call_again(*this);
}

/// What is no query, and too many of them, is dropped.
void Resolver::take(const Endpoint& asker, std::span<const std::byte> bytes) {
  const auto query = parse_dns(bytes);
  if (!query || query->is_response) return;
  if (local_) {
    if (const auto known = local_(asker, bytes, DnsReply::kMostByUdp)) return answer(asker, *known);
  }
  if (*open_ >= kMostOpen) return;
  auto owned = std::make_unique<DnsQuery>(loop_, *this, asker, bytes);
  DnsQuery& made = *owned;
  loop_.own(std::move(owned), this);
  made.ask();
}

void Resolver::answer(const Endpoint& asker, std::span<const std::byte> bytes) const {
  (void)!::sendto(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT, asker.data(), asker.size());
}

}  // namespace cbuild::network
