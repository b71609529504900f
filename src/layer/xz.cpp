// xz through liblzma; only read.
#include <lzma.h>

#include <memory>
#include <string_view>

#include "cbuild/util/error.h"
#include "src/layer/codecs.h"

namespace cbuild::layer {

namespace {

std::string_view describe(lzma_ret code) {
  switch (static_cast<int>(code)) {
    case LZMA_MEM_ERROR:
    case LZMA_MEMLIMIT_ERROR:
      return "needs more than 128 MiB of memory to unpack";
    case LZMA_BUF_ERROR:
      return "ends early";
    case LZMA_OPTIONS_ERROR:
      return "unknown options";
    case LZMA_FORMAT_ERROR:
      return "not xz data";
    default:
      return "corrupt data";
  }
}

class XzDecoder final : public Source {
 public:
  explicit XzDecoder(std::unique_ptr<Source> input) : input_(std::move(input)) {
    const lzma_ret code = lzma_stream_decoder(&stream_, kMaxDecoderMemory, LZMA_CONCATENATED);
    if (code != LZMA_OK) throw Error("xz: {}", describe(code));
  }

  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;

  ~XzDecoder() override { lzma_end(&stream_); }

  std::size_t read(std::span<std::byte> buffer) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
    stream_.avail_out = buffer.size();
    while (!ended_ && stream_.avail_out == buffer.size() && !buffer.empty()) {
      const std::span<std::byte> block = input_.peek();
      stream_.next_in = reinterpret_cast<const std::uint8_t*>(block.data());
      stream_.avail_in = block.size();
      const lzma_ret code = lzma_code(&stream_, block.empty() ? LZMA_FINISH : LZMA_RUN);
      if (code != LZMA_OK && code != LZMA_STREAM_END) throw Error("xz: {}", describe(code));
      ended_ = code == LZMA_STREAM_END;
      input_.keep_last(stream_.avail_in);
    }
    return buffer.size() - stream_.avail_out;
  }

 private:
  InputBlock input_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Source> decode_xz(std::unique_ptr<Source> input) {
  return std::make_unique<XzDecoder>(std::move(input));
}

}  // namespace cbuild::layer
