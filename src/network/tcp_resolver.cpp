// Answers queries of connections; see tcp_resolver.h.
#include "src/network/tcp_resolver.h"

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "cbuild/util/error.h"
#include "src/network/dns_channel.h"
#include "src/network/dns_reply.h"
#include "src/network/sockets.h"

namespace cbuild::network {

namespace {

constexpr auto kIdle = std::chrono::seconds(30);
constexpr int kMostAtOnce = 64;  // messages before others have their turn

Fd connect_to_server(const std::vector<Endpoint>& servers) {
  if (servers.empty()) throw Error("there is no DNS server");
  const Endpoint& server = servers.front();
  Fd socket = open_socket(server.family(), SOCK_STREAM);
  if (::connect(socket.get(), server.data(), server.size()) != 0 && errno != EINPROGRESS)
    throw SysError("connect to {}", server.to_string());
  return socket;
}

/// One connection. An error ends it.
class DnsConnection : public Handler {
 public:
  DnsConnection(EventLoop& loop,
                Fd guest,
                const Endpoint& peer,
                const std::vector<Endpoint>& servers,
                const LocalAnswer& local)
      : loop_(loop), guest_(std::move(guest)), peer_(peer), servers_(servers), local_(local) {
    loop_.watch(guest_.fd(), *this);
    loop_.call_at(*this, Clock::now() + kIdle);
  }

  void ready(std::uint32_t) override {
    loop_.call_at(*this, Clock::now() + kIdle);
    const bool more = take_queries();
    take_responses();
    guest_.write();
    if (server_) server_->write();
    if (has_ended()) return loop_.drop(*this);
    if (more) loop_.call_again(*this);
  }

  void expired() override { loop_.drop(*this); }

 private:
  /// True when there may be more.
  bool take_queries() {
    for (int i = 0; i < kMostAtOnce; ++i) {
      if (guest_.is_full() || (server_ && server_->is_full())) return false;  // until it is written
      guest_.read();
      const auto query = guest_.next();
      if (!query) return false;
      if (const auto known = local_(peer_, *query, DnsReply::kMostByTcp)) {
        guest_.put(*known);
      } else {
        ask(*query);
      }
    }
    return true;
  }

  void ask(const std::vector<std::byte>& query) {
    if (!server_) {
      server_.emplace(connect_to_server(servers_));
      loop_.watch(server_->fd(), *this);
    }
    server_->put(query);
    ++open_;
  }

  void take_responses() {
    while (server_ && !guest_.is_full()) {
      server_->read();
      const auto response = server_->next();
      if (!response) return;
      guest_.put(*response);
      if (open_ > 0) --open_;
    }
  }

  bool has_ended() const noexcept {
    if (guest_.is_broken() || (server_ && server_->is_broken())) return true;
    if (!guest_.is_flushed()) return false;
    return (server_ && server_->at_end()) || (guest_.at_end() && open_ == 0);
  }

  EventLoop& loop_;
  DnsChannel guest_;
  Endpoint peer_;
  const std::vector<Endpoint>& servers_;
  const LocalAnswer& local_;
  std::optional<DnsChannel> server_;  ///< of the first query that needs one
  std::size_t open_ = 0;              ///< queries that it has not answered
};

}  // namespace

TcpResolver::TcpResolver(EventLoop& loop,
                         int listener,
                         const std::vector<Endpoint>& servers,
                         LocalAnswer local)
    : Acceptor(loop, listener), servers_(servers), local_(std::move(local)) {}

void TcpResolver::accepted(Fd& connection, const Endpoint& peer) {
  loop().own(std::make_unique<DnsConnection>(loop(), std::move(connection), peer, servers_, local_),
             this);
}

}  // namespace cbuild::network
