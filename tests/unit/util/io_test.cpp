// Streams: all bytes, once, in order.
#include "cbuild/util/io.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <string>
#include <thread>

#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/pipe.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/string_stream.h"

namespace cbuild {

namespace {

/// Yields a text in pieces of a size, as a pipe or a server may.
class Dripping final : public Source {
 public:
  Dripping(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min({piece_, buffer.size(), text_.size() - at_});
    std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), count, buffer.begin());
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

constexpr std::string_view kSumOfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

TEST_CASE("a copy takes all bytes, however they come") {
  std::string text;
  while (text.size() < 2 * kIoBlock)
    text += "0123456789";
  for (const std::size_t piece : {std::size_t{7919}, kIoBlock, kIoBlock + 1}) {
    Dripping source(text, piece);
    StringSink sink;
    CHECK(copy(source, sink) == text.size());
    CHECK(sink.take() == text);
  }
}

TEST_CASE("reading all stops at the limit, not at the piece") {
  for (const std::size_t piece : {1, 3, 100}) {
    Dripping fits("12345", piece);
    CHECK(read_all(fits, 5) == "12345");
    Dripping exceeds("123456", piece);
    CHECK_THROWS_WITH_AS(read_all(exceeds, 5), "larger than the limit of 5 bytes", Error);
  }
  StringSource nothing("");
  CHECK(read_all(nothing, 0).empty());
}

TEST_CASE("a text is read to its end, and ends again") {
  StringSource source("abc");
  std::byte buffer[2];
  CHECK(source.read(buffer) == 2);
  CHECK(source.read(buffer) == 1);
  CHECK(source.read(buffer) == 0);
  CHECK(source.read(buffer) == 0);
}

TEST_CASE("what passes is hashed and counted, on both sides") {
  Dripping text("abc", 1);
  HashingSource source(text);
  StringSink inner;
  HashingSink sink(&inner);
  copy(source, sink);
  CHECK(source.count() == 3);
  CHECK(to_hex(source.finish()) == kSumOfAbc);
  CHECK(sink.count() == 3);
  CHECK(to_hex(sink.finish()) == kSumOfAbc);
  CHECK(inner.take() == "abc");
  HashingSink alone;
  alone.write(as_bytes("abc"));
  CHECK(to_hex(alone.finish()) == kSumOfAbc);
}

TEST_CASE("more than a pipe holds is written whole") {
  Pipe pipe = make_pipe();
  const std::string text(1'000'000, 'x');
  std::string got;
  std::thread reader([&] {
    FdSource source(std::move(pipe.read));
    got = read_all(source, 1 << 24);
  });
  FdSink(pipe.write.get()).write(as_bytes(text));
  pipe.write = Fd();
  reader.join();
  CHECK(got == text);
}

TEST_CASE("failures name what was read or written") {
  FdSource source(Fd(::open("/", O_RDONLY | O_CLOEXEC)), "a directory");
  std::byte buffer[1];
  CHECK_THROWS_WITH_AS(source.read(buffer), "read a directory: Is a directory", SysError);
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  FdSink sink(full.get(), "the disk");
  CHECK_THROWS_WITH_AS(sink.write(as_bytes("x")), "write the disk: No space left on device",
                       SysError);
}

}  // namespace cbuild
