// Streams that other processes share with us: standard input, output and error, FIFOs. Whoever is
// at the other end may be asleep, so every wait ends with the first signal that asks to stop (see
// cancel_on_signals()). The flags of the descriptor are left alone: the other sharers have them
// too.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"

namespace cbuild {

/// Writes to a descriptor that it does not own. Thread-safe.
class SharedSink final : public Sink {
 public:
  explicit SharedSink(int fd, std::string name = "file");

  /// @throws Interrupted when a signal came before all was taken, SysError
  void write(std::span<const std::byte> bytes) override;
  /// @return false instead of Interrupted; after a signal what is taken at once is written still.
  bool try_write(std::span<const std::byte> bytes) const;

 private:
  int fd_;
  std::string name_;
  Fd own_;                ///< the same pipe or terminal, opened anew with O_NONBLOCK
  bool bounded_ = false;  ///< only small writes are sure not to wait
};

/// Reads a descriptor that it owns, to its end.
class SharedSource final : public Source {
 public:
  explicit SharedSource(Fd fd, std::string name = "file")
      : fd_(std::move(fd)), name_(std::move(name)) {}

  /// @throws Interrupted
  std::size_t read(std::span<std::byte> buffer) override;

 private:
  Fd fd_;
  std::string name_;
};

}  // namespace cbuild
