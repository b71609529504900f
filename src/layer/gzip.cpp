// gzip (RFC 1952) through ISA-L, which packs and unpacks several times faster than zlib.
#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include <isa-l/igzip_lib.h>

#include "cbuild/util/error.h"
#include "src/layer/codecs.h"

namespace cbuild::layer {

namespace {

std::uint8_t* bytes_of(std::span<std::byte> bytes) {
  return reinterpret_cast<std::uint8_t*>(bytes.data());
}

std::string_view describe(int code) {
  switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
      return "wrong checksum";
    case ISAL_INVALID_WRAPPER:
      return "not a gzip header";
    case ISAL_UNSUPPORTED_METHOD:
      return "unknown compression method";
    default:
      return "corrupt data";
  }
}

class GzipDecoder final : public Source {
 public:
  explicit GzipDecoder(std::unique_ptr<Source> input) : input_(std::move(input)) {
    isal_inflate_init(&state_);
  }

  std::size_t read(std::span<std::byte> buffer) override {
    const auto room = static_cast<std::uint32_t>(std::min<std::size_t>(buffer.size(), 1 << 30));
    while (room != 0 && (inside_ || start_member())) {
      state_.next_out = bytes_of(buffer);
      state_.avail_out = room;
      feed([&] { return isal_inflate(&state_); });
      if (state_.block_state == ISAL_BLOCK_FINISH) inside_ = false;
      if (const std::size_t count = room - state_.avail_out; count != 0) return count;
    }
    return 0;
  }

 private:
  /// Reads the header of the next member. False at the end of the input.
  bool start_member() {
    if (input_.peek().empty()) {
      if (members_ == 0) throw Error("gzip: ends early");
      return false;
    }
    isal_inflate_reset(&state_);
    // The header is read here, so that its state outlives a block that ends inside of it; the
    // trailer is read and compared by isal_inflate().
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
    isal_gzip_header header;
    isal_gzip_header_init(&header);
    while (feed([&] { return isal_read_gzip_header(&state_, &header); }) == ISAL_END_INPUT) {
    }
    inside_ = true;
    ++members_;
    return true;
  }

  template <typename Step>
  int feed(Step step) {
    const std::span<std::byte> block = input_.peek();
    state_.next_in = bytes_of(block);
    state_.avail_in = static_cast<std::uint32_t>(block.size());
    const std::uint32_t room = state_.avail_out;
    const int code = step();
    if (code < 0) throw Error("gzip: {}", describe(code));
    const bool stuck = block.empty() && state_.avail_out == room;
    if (stuck && (code == ISAL_END_INPUT || state_.block_state != ISAL_BLOCK_FINISH)) {
      throw Error("gzip: ends early");
    }
    input_.keep_last(state_.avail_in);
    return code;
  }

  InputBlock input_;
  inflate_state state_;
  bool inside_ = false;
  std::uint64_t members_ = 0;
};

struct Level {
  std::uint32_t level;
  std::uint32_t memory;
};

Level choose_level(int level) {
  switch (std::clamp(level, 0, 3)) {
    case 2:
      return {2, ISAL_DEF_LVL2_DEFAULT};
    case 3:
      return {3, ISAL_DEF_LVL3_DEFAULT};
    default:
      return {1, ISAL_DEF_LVL1_DEFAULT};
  }
}

class GzipEncoder final : public BlockCompressor {
 public:
  GzipEncoder(Sink& out, Level level) : out_(out), work_(level.memory), packed_(kIoBlock) {
    isal_deflate_init(&stream_);
    stream_.level = level.level;
    stream_.level_buf = work_.data();
    stream_.level_buf_size = level.memory;
    stream_.gzip_flag = IGZIP_GZIP;  // header without time and name
    stream_.flush = NO_FLUSH;
  }

 private:
  void encode(std::span<std::byte> block, bool last) override {
    stream_.next_in = bytes_of(block);
    stream_.avail_in = static_cast<std::uint32_t>(block.size());
    stream_.end_of_stream = last ? 1 : 0;
    do {
      stream_.next_out = packed_.data();
      stream_.avail_out = static_cast<std::uint32_t>(packed_.size());
      const int code = isal_deflate(&stream_);
      if (code != COMP_OK) throw Error("gzip: cannot compress (ISA-L says {})", code);
      out_.write(std::as_bytes(std::span(packed_).first(packed_.size() - stream_.avail_out)));
    } while (stream_.avail_out == 0 || stream_.avail_in != 0);
  }

  Sink& out_;
  isal_zstream stream_;
  std::vector<std::uint8_t> work_;
  std::vector<std::uint8_t> packed_;
};

}  // namespace

std::unique_ptr<Source> decode_gzip(std::unique_ptr<Source> input) {
  return std::make_unique<GzipDecoder>(std::move(input));
}

std::unique_ptr<Compressor> encode_gzip(Sink& out, int level) {
  return std::make_unique<GzipEncoder>(out, choose_level(level));
}

}  // namespace cbuild::layer
