// bzip2 through libbz2; only read.
#include <bzlib.h>

#include <algorithm>
#include <memory>
#include <new>

#include "cbuild/util/error.h"
#include "src/layer/codecs.h"

namespace cbuild::layer {

namespace {

class Bzip2Decoder final : public Source {
 public:
  explicit Bzip2Decoder(std::unique_ptr<Source> input) : input_(std::move(input)) {}

  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;

  ~Bzip2Decoder() override {
    if (inside_) BZ2_bzDecompressEnd(&stream_);
  }

  std::size_t read(std::span<std::byte> buffer) override {
    const auto room = static_cast<unsigned>(std::min<std::size_t>(buffer.size(), 1 << 30));
    while (room != 0 && (inside_ || start_stream())) {
      const std::span<std::byte> block = input_.peek();
      stream_.next_in = reinterpret_cast<char*>(block.data());
      stream_.avail_in = static_cast<unsigned>(block.size());
      stream_.next_out = reinterpret_cast<char*>(buffer.data());
      stream_.avail_out = room;
      const int code = BZ2_bzDecompress(&stream_);
      if (code != BZ_OK && code != BZ_STREAM_END) {
        throw Error("bzip2: {}", code == BZ_DATA_ERROR_MAGIC ? "not bzip2 data" : "corrupt data");
      }
      const std::size_t count = room - stream_.avail_out;
      if (code == BZ_OK && block.empty() && count == 0) throw Error("bzip2: ends early");
      input_.keep_last(stream_.avail_in);
      if (code == BZ_STREAM_END) {
        BZ2_bzDecompressEnd(&stream_);
        inside_ = false;
      }
      if (count != 0) return count;
    }
    return 0;
  }

 private:
  /// False at the end of the input.
  bool start_stream() {
    if (input_.peek().empty()) return false;
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
    inside_ = true;
    return true;
  }

  InputBlock input_;
  bz_stream stream_{};
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Source> decode_bzip2(std::unique_ptr<Source> input) {
  return std::make_unique<Bzip2Decoder>(std::move(input));
}

}  // namespace cbuild::layer
