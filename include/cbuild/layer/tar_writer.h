// Writes tar: ustar, and PAX only for what ustar cannot say. The bytes depend on nothing but the
// entries.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/io.h"

namespace cbuild::layer {

struct TarEntry;
struct TarHeader;

/// Writes one tar through a buffer of its own. Holds `out` by reference. After start() of a file
/// exactly `entry.size` bytes must come by content().
class TarWriter {
 public:
  explicit TarWriter(Sink& out) : out_(out) { buffer_.reserve(kIoBlock); }

  /// Writes the header of `entry`. Directories must end in '/'. Times are cut to whole seconds, no
  /// user or group name is written; `sparse` is not looked at.
  void start(const TarEntry& entry);

  void content(std::span<const std::byte> bytes);

  /// Ends the archive and hands all of it to the sink.
  void finish();

 private:
  void write_header(const TarHeader& header);
  void add_pax(std::string_view key, std::string_view value);
  void put(std::span<const std::byte> bytes);
  void pad();
  void flush();

  Sink& out_;
  std::vector<std::byte> buffer_;
  std::uint64_t written_ = 0;  ///< bytes of the archive
  std::string pax_;
};

}  // namespace cbuild::layer
