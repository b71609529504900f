// Byte streams: where bytes come from (Source) and go to (Sink), and the few kinds of both that
// everybody needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cbuild/util/fd.h"
#include "cbuild/util/sha256.h"

namespace cbuild {

/// Size of the buffers that streams are copied through.
inline constexpr std::size_t kIoBlock = 256 * 1024;

/// Bytes to be read once, front to back. Not thread-safe.
class Source {
 public:
  virtual ~Source() = default;
  /// Reads up to `buffer.size()` bytes; 0 means the end (when `buffer` is not empty).
  /// @throws Error when the bytes cannot be had or are not what they should be.
  virtual std::size_t read(std::span<std::byte> buffer) = 0;
};

/// Takes bytes, front to back. Not thread-safe. What "done" means is the business of the concrete
/// type.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
};

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

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

/// Reads a text it owns.
class StringSource final : public Source {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}

  std::size_t read(std::span<std::byte> buffer) override;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// Passes bytes through and hashes and counts them on the way. Does not own `inner`.
class HashingSource final : public Source {
 public:
  explicit HashingSource(Source& inner) : inner_(inner) {}

  std::size_t read(std::span<std::byte> buffer) override;

  std::uint64_t count() const noexcept { return count_; }

  Sha256Sum finish() noexcept { return hash_.finish(); }

 private:
  Source& inner_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
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

/// Collects everything in a string.
class StringSink final : public Sink {
 public:
  void write(std::span<const std::byte> bytes) override {
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Hashes and counts; passes on to `inner` when there is one. Does not own it.
class HashingSink final : public Sink {
 public:
  explicit HashingSink(Sink* inner = nullptr) : inner_(inner) {}

  void write(std::span<const std::byte> bytes) override;

  std::uint64_t count() const noexcept { return count_; }

  Sha256Sum finish() noexcept { return hash_.finish(); }

 private:
  Sink* inner_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
};

/// Copies all of `from` into `to`; returns the number of bytes.
std::uint64_t copy(Source& from, Sink& to);

/// Reads all of `from`. @throws Error when it holds more than `limit` bytes.
std::string read_all(Source& from, std::uint64_t limit);

/// Writes all bytes to `fd`, however many write(2) it takes. @throws SysError
void write_all(int fd, std::span<const std::byte> bytes, std::string_view name);

}  // namespace cbuild
