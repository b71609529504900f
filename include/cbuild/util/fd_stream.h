// Streams of file descriptors.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"

namespace cbuild {

/// Reads a descriptor that it owns, to its end.
class FdSource final : public Source {
 public:
  explicit FdSource(Fd fd, std::string name = "file")
      : fd_(std::move(fd)), name_(std::move(name)) {}

  std::size_t read(std::span<std::byte> buffer) override;

 private:
  Fd fd_;
  std::string name_;
};

/// Writes to a descriptor that it does not own.
class FdSink final : public Sink {
 public:
  explicit FdSink(int fd, std::string name = "file") : fd_(fd), name_(std::move(name)) {}

  void write(std::span<const std::byte> bytes) override;

 private:
  int fd_;
  std::string name_;
};

/// Writes all bytes to `fd`, however many write(2) it takes. @throws SysError
void write_all(int fd, std::span<const std::byte> bytes, std::string_view name);

}  // namespace cbuild
