// Accepts connections; see acceptor.h.
#include "src/network/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/log.h"
#include "src/network/relay.h"

namespace cbuild::network {

namespace {

constexpr auto kPause = std::chrono::milliseconds(50);
constexpr int kMostAtOnce = 64;

}  // namespace

Acceptor::Acceptor(EventLoop& loop, int listener) : loop_(loop), listener_(listener) {
  loop_.watch(listener_, *this);
}

/// False when there is none, or none can be had now.
bool Acceptor::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Fd connection(::accept4(listener_, reinterpret_cast<sockaddr*>(&address), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection) {
    const bool lacks = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (lacks) loop_.call_at(*this, Clock::now() + kPause);
    return errno == ECONNABORTED || errno == EINTR;
  }
  try {
    if (const auto peer = Endpoint::from(address)) accepted(connection, *peer);
  } catch (const Error& error) {
    log_debug("network: {}", error.what());
  }
  if (connection) reset(std::move(connection));
  return true;
}

void Acceptor::ready(std::uint32_t) {
  for (int i = 0; i < kMostAtOnce; ++i) {
    if (!accept_one()) return;
  }
  loop_.call_again(*this);
}

}  // namespace cbuild::network
