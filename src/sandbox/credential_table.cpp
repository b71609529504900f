// Credentials by the timer slack of a thread; see credential_table.h.
#include "src/sandbox/credential_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "cbuild/util/fd.h"
#include "src/sandbox/tracee.h"

namespace cbuild::sandbox {

namespace {

Fd open_slack(int proc, pid_t thread, int flags) {
  const std::string path = std::to_string(thread) + "/timerslack_ns";
  return Fd(::openat(proc, path.c_str(), flags | O_CLOEXEC));
}

}  // namespace

CredentialTable::CredentialTable(int proc, EmulatedCredentials first, std::uint64_t bounding)
    : proc_(proc), bounding_(bounding) {
  entries_.push_back(&indices_.emplace(std::move(first), 0).first->first);
}

const EmulatedCredentials& CredentialTable::of(pid_t thread) const {
  if (!changed_) return *entries_.front();
  std::array<char, 32> text;
  const Fd file = open_slack(proc_, thread, O_RDONLY);
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  unsigned long slack = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, slack);
  const std::size_t index = slack - kFirstSlack;
  return *entries_[index < entries_.size() ? index : 0];
}

int CredentialTable::set(const Tracee& tracee, const EmulatedCredentials& credentials) {
  auto found = indices_.find(credentials);
  if (found == indices_.end()) {
    if (entries_.size() >= kMostEntries || groups_ + credentials.groups.size() > kMostGroups) {
      return ENOMEM;
    }
    groups_ += credentials.groups.size();
    found = indices_.emplace(credentials, entries_.size()).first;
    entries_.push_back(&found->first);
  }
  if (!changed_ && found->second == 0) return 0;
  const std::string text = std::to_string(kFirstSlack + found->second);
  const Fd file = open_slack(proc_, tracee.thread(), O_WRONLY);
  if (file && !tracee.is_waiting()) return ESRCH;
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) return errno;
  changed_ = true;
  return 0;
}

}  // namespace cbuild::sandbox
