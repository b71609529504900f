// Removes links; see link_remover.h.
#include "src/network/link_remover.h"

#include <linux/netlink.h>

#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/network/links.h"
#include "src/network/service_thread.h"

namespace cbuild::network {

LinkRemover::LinkRemover() : socket_(NETLINK_ROUTE) {}

LinkRemover::~LinkRemover() {
  {
    const std::lock_guard lock(mutex_);
    links_.clear();
  }
  if (thread_.joinable()) thread_.join();
}

void LinkRemover::add(unsigned link) {
  const std::lock_guard lock(mutex_);
  links_.push_back(link);
  if (is_working_) return;
  if (thread_.joinable()) thread_.join();  // it has nothing to do any more
  thread_ = start_service_thread([this] { work(); });
  is_working_ = true;
}

void LinkRemover::finish() {
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return !is_working_; });
}

void LinkRemover::work() {
  for (;;) {
    unsigned link = 0;
    {
      const std::lock_guard lock(mutex_);
      is_working_ = !links_.empty();
      if (!is_working_) return finished_.notify_all();
      link = links_.front();
      links_.pop_front();
    }
    remove_link(socket_, link);
  }
}

void remove_link(NetlinkSocket& socket, unsigned link) noexcept {
  try {
    socket.transact({delete_link(link)}, "remove a link");
  } catch (const Error& error) {
    log_debug("network: {}", error.what());
  }
}

}  // namespace cbuild::network
