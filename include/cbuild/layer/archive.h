// Tells tar archives from other files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cbuild {
class Source;
}

namespace cbuild::layer {

/// How many bytes begins_archive() needs to see of a longer file.
inline constexpr std::size_t kArchiveHead = 512;

/// Reads that many bytes, or all of a shorter `file`.
std::string read_archive_head(Source& file);

/// Whether `head`, the first kArchiveHead bytes of a file (fewer: all of it), begins a tar or a
/// stream of any known compression. What is compressed is not looked into.
bool begins_archive(std::string_view head);

/// Whether `file` is a tar, compressed or not: its first block is a header with a right checksum.
/// Decompresses no more than that. @throws SysError when `file` cannot be read
bool is_archive(Source& file);

}  // namespace cbuild::layer
