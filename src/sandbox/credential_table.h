// Which thread of a step has which emulated credentials.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "src/sandbox/emulated_credentials.h"

namespace cbuild::sandbox {

class Tracee;

/// A thread is marked with the index of its credentials by its timer slack: 50 µs and as many
/// nanoseconds. The kernel hands it on to what the thread forks and executes, so that no process
/// has to be tracked. While no thread has changed its credentials, the mark is not read.
class CredentialTable {
 public:
  /// The timer slack of the first process, in nanoseconds.
  static constexpr unsigned long kFirstSlack = 50'000;
  static constexpr std::size_t kMostEntries = 4096;
  static constexpr std::size_t kMostGroups = 1'000'000;  ///< of all entries together

  /// `proc`: a /proc of this process's pid namespace.
  CredentialTable(int proc, EmulatedCredentials first, std::uint64_t bounding);

  const EmulatedCredentials& of(pid_t thread) const;

  /// Whether a thread may have other credentials than those of root.
  bool has_others_than_root() const noexcept {
    return changed_ || entries_.front()->user.effective != 0;
  }

  /// @return 0 or an errno; ESRCH when it does not wait any more
  int set(const Tracee& tracee, const EmulatedCredentials& credentials);

  /// The capabilities that root has.
  std::uint64_t bounding() const noexcept { return bounding_; }

 private:
  std::vector<const EmulatedCredentials*> entries_;
  std::map<EmulatedCredentials, std::size_t> indices_;
  std::size_t groups_ = 0;
  bool changed_ = false;
  int proc_;
  std::uint64_t bounding_;
};

}  // namespace cbuild::sandbox
