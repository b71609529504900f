// A thread of a step whose call is answered: its memory, and the files that it names.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

struct CallForm;
struct Notification;
class Listener;

/// A file as a call names it.
struct FileName {
  int dirfd;         ///< of the thread; AT_FDCWD
  std::string path;  ///< empty: the descriptor itself
  bool follow;       ///< a link at the end

  /// The name of the directory that it is in and the last part: not to be used with an empty path.
  /// The last part is empty when the name cannot be that of a new file ("..", "a/").
  FileName parent() const;
  std::string leaf() const;
};

/// What the thread named was read from its memory once; the step may change it meanwhile, which
/// changes only what the step sees. No name leads out of the thread's root. The thread of a
/// Standpoint uses it.
class Tracee {
 public:
  /// @param proc a /proc of this process's pid namespace
  Tracee(const Notification& notification, const Listener& listener, int proc)
      : notification_(notification), listener_(listener), proc_(proc) {}

  pid_t thread() const noexcept;

  /// Whether it still waits for the answer. What was opened by thread() before is its own then, and
  /// not that of another one that has got the same number.
  bool is_waiting() const noexcept;

  /// False: not all of it is memory of the thread.
  bool read(std::uint64_t address, std::span<std::byte> to) const noexcept;
  /// Likewise, or the thread does not wait any more.
  bool write(std::uint64_t address, std::span<const std::byte> from) const noexcept;

  template <typename Value>
  bool read_value(std::uint64_t address, Value& value) const noexcept {
    return read(address, std::as_writable_bytes(std::span(&value, 1)));
  }

  template <typename Value>
  bool write_value(std::uint64_t address, const Value& value) const noexcept {
    return write(address, std::as_bytes(std::span(&value, 1)));
  }

  /// nullopt: it is not memory of the thread, or too long.
  std::optional<std::string> read_string(std::uint64_t address) const;

  /// The file that the call names. nullopt: the call fails in the kernel.
  std::optional<FileName> file_of(const CallForm& form) const;

  /// The name relative to the current directory of the Standpoint. Only to look at an attribute:
  /// it may lead through magic links of /proc to files that open() would not open.
  std::string quick_name(const FileName& name) const;

  /// Opens it with O_PATH. Empty: errno says why; ELOOP also for magic links of other processes,
  /// EPERM also for a file of /proc.
  /// What was opened is the thread's own only if its call still waits afterwards.
  Fd open(const FileName& name) const;

 private:
  std::string quick_base(int dirfd) const;
  Fd open_memory(int flags) const noexcept;

  const Notification& notification_;
  const Listener& listener_;
  int proc_;
};

}  // namespace cbuild::sandbox
