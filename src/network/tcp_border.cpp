// Accepts connections at the border; see tcp_border.h.
#include "src/network/tcp_border.h"

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/log.h"
#include "src/network/addresses.h"
#include "src/network/relay.h"

namespace cbuild::network {

namespace {

constexpr auto kPause = std::chrono::milliseconds(50);

}  // namespace

TcpBorder::TcpBorder(EventLoop& loop,
                     PipePool& pipes,
                     const Addresses& addresses,
                     int listener,
                     std::optional<Endpoint> target)
    : loop_(loop), pipes_(pipes), addresses_(addresses), listener_(listener), target_(target) {
  loop_.watch(listener_, *this);
}

/// A connection accepted by a transparent socket has the address that the program asked for.
std::optional<Endpoint> TcpBorder::find_target(const Fd& connection) const noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(connection.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return std::nullopt;
  const auto asked = Endpoint::from(address);
  return asked ? target_of(addresses_, *asked) : std::nullopt;
}

void TcpBorder::ready(std::uint32_t) {
  for (;;) {
    Fd guest(::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!guest) {
      // Out of descriptors or memory: the connection waits in the queue of the listener.
      const bool lacks = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      if (lacks) loop_.call_at(*this, Clock::now() + kPause);
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    const auto target = target_ ? target_ : find_target(guest);
    if (!target) {
      reset(std::move(guest));
      continue;
    }
    try {
      loop_.own(std::make_unique<Relay>(loop_, pipes_, guest, *target));
    } catch (const Error& error) {
      log_debug("network: {}", error.what());
      if (guest) reset(std::move(guest));
    }
  }
}

}  // namespace cbuild::network
