// Reads tar: v7, ustar, PAX, GNU and star. Strict: two readers must not see two different archives
// in the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cbuild/layer/tar_format.h"
#include "cbuild/util/io.h"

namespace cbuild::layer {

/// A piece of the content of a file.
struct TarChunk {
  std::uint64_t offset = 0;
  std::span<const std::byte> bytes;  ///< until the next call of the reader; empty at the end
};

/// Reads one tar, entry by entry. Holds `source` by reference. Every function throws Error when the
/// bytes are not a tar or end early; the object is of no use then. Global PAX headers are checked
/// and skipped, as all container tools do.
class TarReader {
 public:
  explicit TarReader(Source& source) : source_(source), buffer_(kIoBlock) {}

  /// Goes on to the next entry, past what is unread of this one's content. False at the end of the
  /// archive: two blocks of zeros or, between entries, the end of the stream.
  bool next(TarEntry& entry);

  /// The next piece of the content of the file that next() gave. Offsets only grow; what is left
  /// out is a hole.
  TarChunk content();

  /// Reads and drops some of what comes after the archive's end; how much, is returned. 0 at the
  /// end of the stream.
  std::size_t drain();

 private:
  bool fill();
  bool read_block(TarHeader& header);
  bool read_header(TarHeader& header);
  void skip(std::uint64_t count);
  std::string read_text(std::uint64_t size, const char* what);
  bool take_extension(const TarHeader& header, std::uint64_t size);
  std::uint64_t number(std::span<const char> field, const char* what) const;
  void describe(const TarHeader& header, TarEntry& entry) const;
  void describe_by_pax(TarEntry& entry) const;
  void start_content(const TarHeader& header, TarEntry& entry, std::uint64_t size);
  void read_old_sparse_map(const TarHeader& header, std::uint64_t& real_size);
  void read_new_sparse_map();
  void check_extents(std::uint64_t real_size) const;
  [[noreturn]] void fail(const char* why) const;

  Source& source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  ///< of the unread part of the buffer
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;  ///< of `begin_` in the stream

  // The current entry.
  std::uint64_t stored_ = 0;   ///< bytes of content still in the stream
  std::uint64_t padding_ = 0;  ///< that follows them
  std::uint64_t position_ = 0;
  std::vector<TarExtent> extents_;  ///< of a sparse file
  std::size_t extent_ = 0;
  std::uint64_t extent_done_ = 0;

  // What came before the next entry's header.
  std::optional<PaxRecords> pax_;
  std::optional<std::string> long_name_;
  std::optional<std::string> long_link_;
};

}  // namespace cbuild::layer
