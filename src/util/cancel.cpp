// Signal handlers and the eventfd of a CancelToken; see cancel.h.
#include "cbuild/util/cancel.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace cbuild {

namespace {

// A signal handler reaches nothing but globals.
std::atomic<CancelToken*> signal_token{
    nullptr};                      // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> first_signal{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void on_signal(int number) {
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, number)) ::_exit(128 + number);
  if (CancelToken* token = signal_token.load()) token->cancel();
}

}  // namespace

CancelToken::CancelToken() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw SysError("eventfd");
}

CancelToken::CancelToken(const CancelToken* parent) : CancelToken() {
  parent_ = parent;
  both_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!both_) throw SysError("epoll_create1");
  for (const int fd : {parent->fd(), event_.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(both_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw SysError("epoll_ctl");
  }
}

void CancelToken::cancel() noexcept {
  cancelled_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof one);
}

void cancel_on_signals(CancelToken& token) {
  signal_token.store(&token);

  struct sigaction action {};

  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction former {};

    ::sigaction(number, nullptr, &former);
    if (former.sa_handler != SIG_IGN)
      ::sigaction(number, &action, nullptr);  // nohup stays in force
  }
}

int received_signal() noexcept {
  return first_signal.load();
}

const CancelToken* token_of_signals() noexcept {
  return signal_token.load();
}

}  // namespace cbuild
