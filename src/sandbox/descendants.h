// The processes that an init without a pid namespace has started: found, counted and killed.
#pragma once

#include <cstddef>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// Of this process, which has to be a subreaper (PR_SET_CHILD_SUBREAPER): whatever its descendants
/// do, they stay its descendants. For the child: neither throws nor allocates.
class Descendants {
 public:
  /// @param scoped this process has called confine_to_scopes()
  explicit Descendants(bool scoped) noexcept;

  /// Whether they have as many processes and threads; false when /proc cannot be read. They are
  /// stopped meanwhile where one kill(-1) does it: among thousands that run it would take long.
  bool are_at_least(std::size_t wanted) noexcept;

  /// Kills them all and reaps them. With scopes it is one kill(-1), which no fork can outrun: the
  /// kernel holds the list of processes, and lets the signal reach those of our Landlock domain and
  /// of domains in it only. Otherwise it looks through /proc until nobody is left.
  void kill_all() noexcept;

 private:
  struct Entry {
    int pid;
    int parent;
    int threads;
    bool is_ours;
  };

  static constexpr std::size_t kMost = 65536;

  /// Reads /proc and marks ours. Returns the number of entries.
  std::size_t look() noexcept;
  std::size_t read_entries() noexcept;
  bool read_entry(const char* name, Entry& entry) const noexcept;
  bool mark_once(std::size_t count) noexcept;
  bool is_marked(std::size_t count, int pid) const noexcept;

  /// Sends them all a signal at once, if that is possible.
  bool signal_domain(int number) const noexcept;

  bool scoped_;
  Fd proc_;
  Entry* entries_ = nullptr;  ///< kMost; mapped, and pages of it used as needed
};

}  // namespace cbuild::sandbox
