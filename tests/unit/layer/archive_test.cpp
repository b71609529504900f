// What counts as an archive.
#include "cbuild/layer/archive.h"

#include <doctest/doctest.h>

#include <string>

#include "cbuild/layer/compression.h"
#include "cbuild/layer/compressor.h"
#include "cbuild/util/error.h"
#include "cbuild/util/string_stream.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

std::string tar_of_one_file() {
  return Tar().file("x", "y").end().bytes;
}

std::string packed(std::string_view bytes, Compression compression) {
  StringSink sink;
  const auto compressor = compress(compression, sink);
  compressor->write(as_bytes(bytes));
  compressor->finish();
  return sink.take();
}

struct FailingSource final : Source {
  std::size_t read(std::span<std::byte>) override {
    errno = EIO;
    throw SysError("read disk");
  }
};

}  // namespace

TEST_CASE("an archive is told by its content: a tar header with a right checksum, perhaps packed") {
  const std::string tar = tar_of_one_file();
  const std::string gzip = packed(tar, Compression::gzip);
  std::string bad_checksum = tar;
  bad_checksum[0] = 'y';

  struct Row {
    std::string content;
    bool archive;
  };

  const Row rows[] = {
      {tar, true},
      {gzip, true},
      {packed(tar, Compression::zstd), true},
      {tar.substr(0, 512), true},
      {"", false},
      {"text", false},
      {std::string(2048, '\0'), false},
      {std::string(2048, '7'), false},
      {tar.substr(0, 511), false},
      {bad_checksum, false},
      {packed("text", Compression::gzip), false},
      {gzip.substr(0, 20), false},
      {"\x1f\x8bnot gzip at all", false},
      {"\x28\xb5\x2f\xfdnot zstd at all", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.content.substr(0, 16));
    StringSource file(row.content);
    CHECK(is_archive(file) == row.archive);
  }
}

TEST_CASE("a head begins an archive when it is a tar header or compressed, whatever is within") {
  const std::string tar = tar_of_one_file();
  std::string no_tar(512, 'x');
  no_tar.replace(257, 5, "ustar");

  struct Row {
    std::string head;
    bool archive;
  };

  const Row rows[] = {
      {tar.substr(0, kArchiveHead), true},
      {packed(tar, Compression::gzip), true},
      {packed("text", Compression::zstd), true},
      {"BZh91AY", true},
      {"FROM scratch\n", false},
      {"", false},
      {tar.substr(0, kArchiveHead - 1), false},
      {no_tar, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.head.substr(0, 16));
    CHECK(begins_archive(row.head) == row.archive);
  }
}

TEST_CASE("a file that cannot be read is an error, not an ordinary file") {
  FailingSource file;
  CHECK_THROWS_AS(is_archive(file), SysError);
}

}  // namespace cbuild::layer
