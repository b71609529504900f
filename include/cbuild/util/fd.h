// Owns one open file descriptor; names one for calls that take paths only.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace cbuild {

/// Owns one open file descriptor and closes it. Open every descriptor with O_CLOEXEC.
class Fd {
 public:
  Fd() noexcept = default;

  explicit Fd(int fd) noexcept : fd_(fd) {}

  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  explicit operator bool() const noexcept { return fd_ >= 0; }

  int get() const noexcept { return fd_; }

  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// "/proc/self/fd/N/NAME": lets path-only system calls work relative to a directory descriptor.
std::string fd_path(int dirfd, std::string_view name = {});

}  // namespace cbuild
