// The layout of tar headers, their numbers and PAX records. Sources: POSIX.1-2017 pax, GNU tar
// manual "Basic Tar Format".
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/xattr.h"

namespace cbuild::layer {

inline constexpr std::size_t kTarBlock = 512;

/// A point in time as tar knows it.
struct TarTime {
  std::int64_t seconds = 0;       ///< since 1970
  std::uint32_t nanoseconds = 0;  ///< to be added to `seconds`, also when these are negative
  friend bool operator==(const TarTime&, const TarTime&) = default;
};

/// One entry, whatever the dialect it was written in. Strings hold bytes, not text.
struct TarEntry {
  enum class Type { file, hard_link, symlink, char_device, block_device, directory, fifo };

  Type type = Type::file;
  std::string path;        ///< as it stands in the tar
  std::string link;        ///< target of a symlink or hard link
  std::uint32_t mode = 0;  ///< permissions, set-id and sticky bits
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  TarTime mtime;
  std::uint64_t size = 0;  ///< of the content of a file; holes count
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  bool sparse = false;
  std::vector<Xattr> xattrs;
};

/// A header as it lies in the stream.
struct TarHeader {
  std::array<char, 100> name;
  std::array<char, 8> mode;
  std::array<char, 8> uid;
  std::array<char, 8> gid;
  std::array<char, 12> size;
  std::array<char, 12> mtime;
  std::array<char, 8> checksum;
  char type;
  std::array<char, 100> link;
  std::array<char, 8> magic;
  std::array<char, 32> user_name;
  std::array<char, 32> group_name;
  std::array<char, 8> major;
  std::array<char, 8> minor;
  std::array<char, 155> prefix;
  std::array<char, 12> padding;
};

static_assert(sizeof(TarHeader) == kTarBlock);

/// Sum of the bytes of a header, its checksum field counted as spaces.
std::uint32_t tar_checksum(const TarHeader& header);

/// The same with signed chars, as some old programs count.
std::int32_t tar_signed_checksum(const TarHeader& header);

/// Whether the checksum field holds one of the two sums.
bool has_right_checksum(const TarHeader& header);

/// A number field: octal text between spaces or NULs, or base-256. nullopt for anything else and
/// for what does not fit. An empty field is 0.
std::optional<std::int64_t> parse_tar_number(std::span<const char> field);

/// One piece of a sparse file that is not a hole.
struct TarExtent {
  std::uint64_t offset;
  std::uint64_t size;
};

/// The records of a PAX header. A record replaces the field of the next entry's own header.
struct PaxRecords {
  std::optional<std::string> path;
  std::optional<std::string> link;
  std::optional<std::uint64_t> size;
  std::optional<std::uint64_t> uid;
  std::optional<std::uint64_t> gid;
  std::optional<TarTime> mtime;
  std::vector<Xattr> xattrs;
  // GNU's sparse formats 0.0, 0.1 and 1.0.
  std::optional<std::string> sparse_path;
  std::optional<std::uint64_t> sparse_size;
  std::vector<TarExtent> extents;
  bool sparse = false;
  bool map_in_content = false;  ///< 1.0: the extents stand before the content
};

/// More extents than this in one file are refused.
inline constexpr std::size_t kMaxTarExtents = 65536;

/// Reads the content of a PAX header. Unknown keys are skipped. @throws Error for anything that is
/// not exactly "LENGTH KEY=VALUE\n" again and again, and for values that are not what they should
/// be.
PaxRecords parse_pax(std::string_view text);

/// The S_IF* bits of a mode that the type is; a hard link is taken for a regular file.
mode_t file_type(TarEntry::Type type);

}  // namespace cbuild::layer
