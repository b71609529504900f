// Which compression a stream has, and the table of those that can be read and written; see
// compression.h.
#include "cbuild/layer/compression.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "cbuild/util/error.h"
#include "src/layer/codecs.h"

namespace cbuild::layer {

namespace {

using Decoder = std::unique_ptr<Source> (*)(std::unique_ptr<Source>);
using Encoder = std::unique_ptr<Compressor> (*)(Sink&, int);

/// Gives the first bytes of `source` once more, then the rest of it.
class Rewound final : public Source {
 public:
  Rewound(std::span<const std::byte> head, Source& source)
      : head_(head.begin(), head.end()), source_(source) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (at_ == head_.size()) return source_.read(buffer);
    const std::size_t count = std::min(buffer.size(), head_.size() - at_);
    std::memcpy(buffer.data(), head_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  std::vector<std::byte> head_;
  Source& source_;
  std::size_t at_ = 0;
};

class PassThrough final : public Compressor {
 public:
  explicit PassThrough(Sink& out) : out_(out) {}

  void write(std::span<const std::byte> bytes) override { out_.write(bytes); }

  void finish() override {}

 private:
  Sink& out_;
};

std::unique_ptr<Source> decode_nothing(std::unique_ptr<Source> input) {
  return input;
}

std::unique_ptr<Compressor> encode_nothing(Sink& out, int /*level*/) {
  return std::make_unique<PassThrough>(out);
}

bool starts_with(std::span<const std::byte> head, std::string_view magic) {
  return head.size() >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
}

bool is_gzip(std::span<const std::byte> head) {
  return starts_with(head, "\x1f\x8b\x08");
}

bool is_zstd(std::span<const std::byte> head) {
  if (starts_with(head, "\x28\xb5\x2f\xfd")) return true;
  // RFC 8878, 3.1.2: a skippable frame may come first.
  return head.size() >= 4 && (head[0] & std::byte{0xf0}) == std::byte{0x50} &&
         starts_with(head.subspan(1), "\x2a\x4d\x18");
}

bool is_xz(std::span<const std::byte> head) {
  return starts_with(head, std::string_view("\xfd\x37\x7a\x58\x5a\x00", 6));
}

bool is_bzip2(std::span<const std::byte> head) {
  if (head.size() < 6 || !starts_with(head, "BZh")) return false;
  if (head[3] < std::byte{'1'} || head[3] > std::byte{'9'}) return false;
  // The first block, or the end of an empty stream; text that begins with "BZh1" has neither.
  return starts_with(head.subspan(4), "\x31\x41") || starts_with(head.subspan(4), "\x17\x72");
}

struct Row {
  Compression compression;
  std::string_view name;
  bool (*recognise)(std::span<const std::byte>);
  Decoder decode;
  Encoder encode;  ///< null: only read
};

constexpr std::array kTable = {
    Row{Compression::gzip, "gzip", is_gzip, decode_gzip, encode_gzip},
    Row{Compression::zstd, "zstd", is_zstd, decode_zstd, encode_zstd},
    Row{Compression::xz, "xz", is_xz, decode_xz, nullptr},
    Row{Compression::bzip2, "bzip2", is_bzip2, decode_bzip2, nullptr},
    Row{Compression::none, "none", nullptr, decode_nothing, encode_nothing},
};

const Row& row_of(Compression compression) {
  return *std::ranges::find(kTable, compression, &Row::compression);
}

}  // namespace

std::string_view to_string(Compression compression) {
  return row_of(compression).name;
}

Compression detect_compression(std::span<const std::byte> head) {
  for (const Row& row : kTable) {
    if (row.recognise != nullptr && row.recognise(head)) return row.compression;
  }
  return Compression::none;
}

std::unique_ptr<Source> decompress(Source& compressed, Compression* found) {
  std::array<std::byte, 6> head;
  std::size_t size = 0;
  while (size < head.size()) {
    const std::size_t count = compressed.read(std::span(head).subspan(size));
    if (count == 0) break;
    size += count;
  }
  const std::span<const std::byte> start = std::span(head).first(size);
  const Compression compression = detect_compression(start);
  if (found != nullptr) *found = compression;
  return row_of(compression).decode(std::make_unique<Rewound>(start, compressed));
}

std::unique_ptr<Compressor> compress(Compression compression, Sink& out, int level) {
  const Row& row = row_of(compression);
  if (row.encode == nullptr) throw Error("cannot write {}", row.name);
  return row.encode(out, level);
}

}  // namespace cbuild::layer
