// One pair of functions a compression; each lives in a .cpp of its own, with its C library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cbuild/layer/compressor.h"
#include "cbuild/util/io.h"

namespace cbuild::layer {

// Decoders own their input and read it to its end; see decompress().
std::unique_ptr<Source> decode_gzip(std::unique_ptr<Source> input);
std::unique_ptr<Source> decode_zstd(std::unique_ptr<Source> input);
std::unique_ptr<Source> decode_xz(std::unique_ptr<Source> input);
std::unique_ptr<Source> decode_bzip2(std::unique_ptr<Source> input);

// Encoders do not own `out`; see compress().
std::unique_ptr<Compressor> encode_gzip(Sink& out, int level);
std::unique_ptr<Compressor> encode_zstd(Sink& out, int level);

/// More memory than this, asked for by a compressed stream, is refused.
inline constexpr std::uint64_t kMaxDecoderMemory = 128 << 20;

/// The unread part of the compressed bytes of a decoder.
class InputBlock {
 public:
  explicit InputBlock(std::unique_ptr<Source> source)
      : source_(std::move(source)), buffer_(kIoBlock) {}

  /// The bytes that are here; asks the source when there are none. Empty at the end.
  std::span<std::byte> peek() {
    if (rest_.empty() && !ended_) {
      rest_ = std::span(buffer_).first(source_->read(buffer_));
      ended_ = rest_.empty();
    }
    return rest_;
  }

  /// Only the last `count` bytes of what peek() gave are left.
  void keep_last(std::size_t count) { rest_ = rest_.last(count); }

 private:
  std::unique_ptr<Source> source_;
  std::vector<std::byte> buffer_;
  std::span<std::byte> rest_;
  bool ended_ = false;
};

/// Cuts what is written into blocks of one size, so that an encoder's output cannot depend on the
/// sizes of the writes.
class BlockCompressor : public Compressor {
 public:
  void write(std::span<const std::byte> bytes) final;

  void finish() final { encode(std::span(block_).first(filled_), true); }

 protected:
  /// Takes one block: kIoBlock bytes, or fewer when it is the `last`.
  virtual void encode(std::span<std::byte> block, bool last) = 0;

 private:
  std::vector<std::byte> block_ = std::vector<std::byte>(kIoBlock);
  std::size_t filled_ = 0;
};

}  // namespace cbuild::layer
