// TCP through the border; see relay.h.
#include "src/network/relay.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "cbuild/util/error.h"
#include "src/network/pipe_pool.h"
#include "src/network/sockets.h"

namespace cbuild::network {

namespace {

constexpr std::size_t kShare = 4 << 20;     // bytes of one connection before others have their turn
constexpr std::size_t kAtOnce = 512 << 10;  // bytes of one splice(2)
// Never SPLICE_F_MORE: it keeps small answers back for 200 ms.
constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

void send_at_once(const Fd& socket) noexcept {
  const int on = 1;
  ::setsockopt(socket.get(), SOL_TCP, TCP_NODELAY, &on, sizeof on);
}

/// The port is chosen by connect(2), which knows the target: bind(2) alone would need one that is
/// free for all targets.
void bind_to_source(const Fd& socket, const Endpoint& source) {
  set_transparent(socket, source.family());
  set_flag(socket, SOL_IP, IP_BIND_ADDRESS_NO_PORT);
  bind_socket(socket, source.with_port(0));
}

Fd begin_connect(const Way& way) {
  const Endpoint& target = way.target;
  Fd socket = open_socket(target.family(), SOCK_STREAM);
  if (way.source) bind_to_source(socket, *way.source);
  if (::connect(socket.get(), target.data(), target.size()) != 0 && errno != EINPROGRESS)
    throw SysError("connect to {}", target.to_string());
  return socket;
}

}  // namespace

/// Reads into the pipe. True when something came, or the end.
bool Stream::fill() {
  if (at_end_) return false;
  if (!pipe_) pipe_ = pipes_.take();
  const ssize_t count = ::splice(from_, nullptr, pipe_->write.get(), nullptr, kAtOnce, kFlags);
  if (count > 0) held_ += static_cast<std::size_t>(count);
  if (count == 0) at_end_ = true;
  // EAGAIN: nothing to read, or no room in the pipe.
  if (count < 0 && errno != EAGAIN) broken_ = true;
  return count >= 0;
}

/// Writes from the pipe. True when something went.
bool Stream::drain() {
  if (held_ == 0) return false;
  const ssize_t count = ::splice(pipe_->read.get(), nullptr, to_, nullptr, held_, kFlags);
  if (count < 0 && errno != EAGAIN) broken_ = true;
  if (count <= 0) return false;
  held_ -= static_cast<std::size_t>(count);
  return true;
}

Stream::Progress Stream::move() {
  if (finished_) return Progress::ended;
  std::size_t rounds = 0;
  bool moved = true;
  while (moved && !broken_) {
    if (++rounds > kShare / kAtOnce) return Progress::goes_on;
    const bool filled = fill();
    const bool drained = drain();
    moved = filled || drained;
  }
  if (broken_) return Progress::broken;
  if (held_ > 0) return Progress::waits;
  if (pipe_) pipes_.give_back(*std::exchange(pipe_, std::nullopt));
  if (!at_end_) return Progress::waits;
  finished_ = true;
  ::shutdown(to_, SHUT_WR);
  return Progress::ended;
}

Relay::Relay(EventLoop& loop, PipePool& pipes, Fd& guest, const Way& way)
    : loop_(loop),
      host_(begin_connect(way)),
      guest_(std::move(guest)),
      out_(guest_.get(), host_.get(), pipes),
      in_(host_.get(), guest_.get(), pipes) {
  send_at_once(guest_);
  send_at_once(host_);
  loop_.watch(guest_.get(), *this);
  loop_.watch(host_.get(), *this);
}

/// False while the connection is on its way, and when it has failed: then the relay has ended.
bool Relay::is_connected() {
  if (connected_) return true;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(host_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    break_off();
    return false;
  }
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  connected_ = ::getpeername(host_.get(), reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
  return connected_;
}

Relay::~Relay() {
  if (ended_) return;
  reset(std::move(guest_));
  reset(std::move(host_));
}

void Relay::ready(std::uint32_t) {
  if (!is_connected()) return;
  const Stream::Progress out = out_.move();
  const Stream::Progress in = in_.move();
  if (out == Stream::Progress::broken || in == Stream::Progress::broken) return break_off();
  ended_ = out == Stream::Progress::ended && in == Stream::Progress::ended;
  if (ended_) return loop_.drop(*this);
  if (out == Stream::Progress::goes_on || in == Stream::Progress::goes_on) loop_.call_again(*this);
}

/// Resets both at once, for the destructor is called after all events at hand.
void Relay::break_off() {
  reset(std::move(guest_));
  reset(std::move(host_));
  ended_ = true;
  loop_.drop(*this);
}

void reset(Fd socket) noexcept {
  const linger at_once{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace cbuild::network
