// Zstandard (RFC 8878) through libzstd.
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <vector>

#include "cbuild/util/error.h"
#include "src/layer/codecs.h"

namespace cbuild::layer {

namespace {

constexpr int kMaxWindowLog = 27;  // 128 MiB
static_assert(std::uint64_t{1} << kMaxWindowLog == kMaxDecoderMemory);

void check(std::size_t code) {
  if (ZSTD_isError(code) != 0) throw Error("zstd: {}", ZSTD_getErrorName(code));
}

struct Free {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }

  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

class ZstdDecoder final : public Source {
 public:
  explicit ZstdDecoder(std::unique_ptr<Source> input)
      : input_(std::move(input)), context_(ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc();
    check(ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog));
  }

  std::size_t read(std::span<std::byte> buffer) override {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    while (out.pos == 0 && !buffer.empty()) {
      const std::span<std::byte> block = input_.peek();
      if (block.empty() && !inside_) return 0;
      ZSTD_inBuffer in{block.data(), block.size(), 0};
      const std::size_t more = ZSTD_decompressStream(context_.get(), &out, &in);
      check(more);
      if (block.empty() && out.pos == 0) throw Error("zstd: ends early");
      inside_ = more != 0;
      input_.keep_last(block.size() - in.pos);
    }
    return out.pos;
  }

 private:
  InputBlock input_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool inside_ = true;  ///< of a frame
};

class ZstdEncoder final : public BlockCompressor {
 public:
  ZstdEncoder(Sink& out, int level) : out_(out), context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level));
    check(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
  }

 private:
  void encode(std::span<std::byte> block, bool last) override {
    ZSTD_inBuffer in{block.data(), block.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{packed_.data(), packed_.size(), 0};
      const std::size_t left =
          ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      check(left);
      out_.write(std::span(packed_).first(out.pos));
      if (last ? left == 0 : in.pos == in.size) return;
    }
  }

  Sink& out_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  std::vector<std::byte> packed_ = std::vector<std::byte>(kIoBlock);
};

}  // namespace

std::unique_ptr<Source> decode_zstd(std::unique_ptr<Source> input) {
  return std::make_unique<ZstdDecoder>(std::move(input));
}

std::unique_ptr<Compressor> encode_zstd(Sink& out, int level) {
  const int known = level == 0 ? ZSTD_CLEVEL_DEFAULT : std::clamp(level, 1, ZSTD_maxCLevel());
  return std::make_unique<ZstdEncoder>(out, known);
}

}  // namespace cbuild::layer
