// Tests of compressed streams: round trips, members, junk, truncation.
#include "cbuild/layer/compression.h"

#include <bzlib.h>
#include <doctest/doctest.h>
#include <lzma.h>
#include <zstd.h>

#include <algorithm>
#include <string>

#include "cbuild/layer/compressor.h"
#include "cbuild/util/error.h"
#include "cbuild/util/io.h"
#include "cbuild/util/string_stream.h"

namespace cbuild::layer {

namespace {

std::string sample(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += "line " + std::to_string(state >> 20) + "\n";
  }
  text.resize(size);
  return text;
}

std::string pack(Compression compression, std::string_view text, std::size_t step, int level = 0) {
  StringSink out;
  const auto packer = compress(compression, out, level);
  for (std::size_t at = 0; at < text.size(); at += step)
    packer->write(as_bytes(text.substr(at, step)));
  packer->finish();
  return out.take();
}

std::string pack(Compression compression, const std::string& text) {
  if (compression == Compression::xz) {
    std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
    std::size_t size = 0;
    const lzma_ret code = lzma_easy_buffer_encode(
        0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
        text.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size());
    REQUIRE(code == LZMA_OK);
    return packed.substr(0, size);
  }
  if (compression == Compression::bzip2) {
    std::string packed(text.size() + text.size() / 50 + 600, '\0');
    auto size = static_cast<unsigned>(packed.size());
    REQUIRE(BZ2_bzBuffToBuffCompress(packed.data(), &size, const_cast<char*>(text.data()),
                                     static_cast<unsigned>(text.size()), 1, 0, 0) == BZ_OK);
    return packed.substr(0, size);
  }
  return pack(compression, text, 10'000);
}

/// Gives one byte less than is asked for, and never more than `most`.
class Trickle final : public Source {
 public:
  Trickle(std::string text, std::size_t most) : source_(std::move(text)), most_(most) {}

  std::size_t read(std::span<std::byte> buffer) override {
    return source_.read(buffer.first(std::min(buffer.size(), most_)));
  }

 private:
  StringSource source_;
  std::size_t most_;
};

std::string unpack(std::string packed, Compression* found = nullptr, std::size_t most = 1 << 20) {
  Trickle source(std::move(packed), most);
  const auto text = decompress(source, found);
  return read_all(*text, 64 << 20);
}

constexpr Compression kPacked[] = {Compression::gzip, Compression::zstd, Compression::xz,
                                   Compression::bzip2};

}  // namespace

TEST_CASE("what is packed comes out again, and its compression is recognised") {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd,
                                        Compression::xz, Compression::bzip2}) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3'000'000}}) {
      CAPTURE(to_string(compression));
      CAPTURE(size);
      const std::string text = sample(size);
      const std::string packed = pack(compression, text);
      auto found = Compression::none;
      CHECK(unpack(packed, &found) == text);
      CHECK(found == compression);
      if (size < 10) CHECK(unpack(packed, nullptr, 1) == text);
    }
  }
}

TEST_CASE("a stream that comes byte by byte is the same stream") {
  const std::string text = sample(50'000);
  for (const Compression compression : kPacked) {
    CAPTURE(to_string(compression));
    CHECK(unpack(pack(compression, text), nullptr, 1) == text);
  }
}

TEST_CASE("members that follow each other are one stream") {
  const std::string text = sample(300'000);
  for (const Compression compression : kPacked) {
    CAPTURE(to_string(compression));
    const std::string member = pack(compression, text);
    const std::string empty = pack(compression, std::string());
    CHECK(unpack(member + empty + member) == text + text);
    CHECK(unpack(member + member, nullptr, 7) == text + text);
  }
}

TEST_CASE("a truncated stream is an error wherever it ends") {
  const std::string text = sample(400'000);
  for (const Compression compression : kPacked) {
    const std::string packed = pack(compression, text);
    for (const std::size_t size : {std::size_t{6}, std::size_t{11}, packed.size() / 2,
                                   packed.size() - 8, packed.size() - 1}) {
      CAPTURE(to_string(compression));
      CAPTURE(size);
      CHECK_THROWS_AS(unpack(packed.substr(0, size)), Error);
    }
  }
}

TEST_CASE("junk after a stream and flipped bits in it are errors") {
  const std::string text = sample(400'000);
  for (const Compression compression : kPacked) {
    CAPTURE(to_string(compression));
    const std::string packed = pack(compression, text);
    CHECK_THROWS_AS(unpack(packed + "junk, and more of it"), Error);
    for (const std::size_t at : {packed.size() / 2, packed.size() - 3}) {
      CAPTURE(at);
      std::string broken = packed;
      broken[at] = static_cast<char>(broken[at] ^ 0x10);
      CHECK_THROWS_AS(unpack(broken), Error);
    }
  }
}

TEST_CASE("gzip headers may hold names, comments, extra fields and a checksum") {
  const std::string packed = pack(Compression::gzip, sample(1000));
  std::string header = packed.substr(0, 10);
  header[3] = 4 | 8 | 16;
  const std::string full = header + std::string("\3\0abcname\0comment\0", 18) + packed.substr(10);
  CHECK(unpack(full) == sample(1000));
  CHECK(unpack(full, nullptr, 1) == sample(1000));
}

TEST_CASE("the sizes of the writes do not show in the output") {
  const std::string text = sample(2'000'000);
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    for (int level = 0; level <= 4; ++level) {
      CAPTURE(to_string(compression));
      CAPTURE(level);
      const std::string packed = pack(compression, text, text.size(), level);
      CHECK(pack(compression, text, 777, level) == packed);
      CHECK(pack(compression, text, 256 * 1024, level) == packed);
      CHECK(unpack(packed) == text);
    }
  }
}

TEST_CASE("gzip output carries neither time nor name") {
  const std::string packed = pack(Compression::gzip, "x", 1);
  CHECK(packed.substr(0, 9) == std::string("\x1f\x8b\x08\0\0\0\0\0\0", 9));
}

TEST_CASE("a zstd window above 128 MiB is refused") {
  const auto with_window = [](int log) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, log);
    const std::string text(1000, 'x');
    std::string packed(2000, '\0');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    return packed.substr(0, out.pos);
  };
  CHECK(unpack(with_window(27)) == std::string(1000, 'x'));
  CHECK_THROWS_AS(unpack(with_window(28)), Error);
}

TEST_CASE("text is not taken for a compression") {
  for (const std::string_view text : {"", "B", "BZh9 is a name", "\x1f\x8b", "PK\3\4",
                                      "\xfd"
                                      "7zX"}) {
    CAPTURE(text);
    CHECK(detect_compression(as_bytes(text)) == Compression::none);
    CHECK(unpack(std::string(text)) == text);
  }
}

TEST_CASE("xz and bzip2 are not written") {
  StringSink out;
  CHECK_THROWS_AS(compress(Compression::xz, out), Error);
  CHECK_THROWS_AS(compress(Compression::bzip2, out), Error);
}

}  // namespace cbuild::layer
