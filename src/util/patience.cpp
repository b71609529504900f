// Pauses between tries; see patience.h.
#include "cbuild/util/patience.h"

#include <poll.h>

#include <algorithm>

#include "cbuild/util/cancel.h"
#include "cbuild/util/log.h"

namespace cbuild {

Patience::Patience(std::string_view what, const CancelToken* cancel)
    : what_(what), cancel_(cancel) {}

bool Patience::pause() {
  pollfd stop{cancel_ == nullptr ? -1 : cancel_->fd(), POLLIN, 0};
  ::poll(&stop, 1, milliseconds_);
  milliseconds_ = std::min(milliseconds_ * 2, 20);
  if (cancel_ != nullptr && cancel_->cancelled()) return false;
  if (!said_ && std::chrono::steady_clock::now() - begin_ > std::chrono::seconds(5)) {
    log_warning("waiting for {}", what_);
    said_ = true;
  }
  return true;
}

}  // namespace cbuild
