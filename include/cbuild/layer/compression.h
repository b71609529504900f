// Compressed streams of layers and archives: recognises and decompresses them.
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace cbuild {
class Sink;
class Source;
}  // namespace cbuild

namespace cbuild::layer {

class Compressor;

enum class Compression { none, gzip, zstd, xz, bzip2 };

std::string_view to_string(Compression compression);

/// By the first bytes (at least 6 where there are as many); `none` for anything unknown.
Compression detect_compression(std::span<const std::byte> head);

/// Reads `compressed` unpacked; which compression it is, is seen from its first bytes. Concatenated
/// members (RFC 1952, RFC 8878) count as one stream; junk or truncation is an Error; a zstd window
/// above 128 MiB is refused. Holds `compressed` by reference. `found`, when given, receives the
/// compression.
std::unique_ptr<Source> decompress(Source& compressed, Compression* found = nullptr);

/// gzip, zstd or none; the output depends on the input and the level only, not on time, core count
/// or the sizes of the writes.
/// @param level  0 = the default of the compression
std::unique_ptr<Compressor> compress(Compression compression, Sink& out, int level = 0);

}  // namespace cbuild::layer
