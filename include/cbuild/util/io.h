// Byte streams: where bytes come from (Source) and go to (Sink).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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

/// Copies all of `from` into `to`; returns the number of bytes.
std::uint64_t copy(Source& from, Sink& to);

/// Reads all of `from`. @throws Error when it holds more than `limit` bytes.
std::string read_all(Source& from, std::uint64_t limit);

}  // namespace cbuild
