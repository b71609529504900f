// What every BlobStore has in common: bytes are what their descriptor says, or an error.
#include "cbuild/oci/blob_store.h"

#include <doctest/doctest.h>

#include <array>

#include "cbuild/oci/verifying_source.h"
#include "cbuild/util/string_stream.h"
#include "tests/support/errors.h"
#include "tests/unit/oci/memory_blobs.h"

namespace cbuild::oci {

namespace {

/// Gives one byte a read, as a slow connection may.
class Trickle final : public Source {
 public:
  explicit Trickle(std::string text) : text_(std::move(text)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    return text_.read(buffer.first(std::min<std::size_t>(buffer.size(), 1)));
  }

 private:
  StringSource text_;
};

std::string read_verified(const std::string& bytes, const Descriptor& blob) {
  VerifyingSource source(std::make_unique<Trickle>(bytes), blob);
  return read_all(source, 100);
}

}  // namespace

TEST_CASE("VerifyingSource passes on what its descriptor promises, and nothing else") {
  const Descriptor good = describe(media_type::kLayer, "good");
  CHECK(read_verified("good", good) == "good");
  CHECK(read_verified("", describe(media_type::kLayer, "")) == "");

  struct Row {
    std::string bytes;
    std::string error;
  };

  const std::string name = "blob " + good.digest.to_string();
  const Row rows[] = {
      {"", name + " ended after 0 of 4 bytes"},
      {"goo", name + " ended after 3 of 4 bytes"},
      {"good ", name + " is longer than the 4 bytes it should have"},
      {"evil", name + " has other content: its digest is " + Digest::of("evil").to_string()},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(error_of([&] { read_verified(row.bytes, good); }) == row.error);
  }
}

TEST_CASE("VerifyingSource refuses more bytes than promised when they come, not at the end") {
  VerifyingSource source(std::make_unique<StringSource>(std::string(1000, 'x')),
                         describe(media_type::kLayer, "short"));
  std::array<std::byte, 16> buffer{};
  CHECK_THROWS_WITH_AS(source.read(buffer), doctest::Contains("longer than the 5 bytes"), Error);
}

TEST_CASE("VerifyingSource takes a read into no room for no end") {
  VerifyingSource source(std::make_unique<StringSource>("good"),
                         describe(media_type::kLayer, "good"));
  CHECK(source.read({}) == 0);
  CHECK(read_all(source, 100) == "good");
  std::array<std::byte, 1> buffer{};
  CHECK(source.read(buffer) == 0);  // and stays at the end
}

TEST_CASE("read_document does not begin with what claims to be larger than a document") {
  MemoryBlobs store;
  const std::string largest(kMaxDocument, ' ');
  CHECK(read_document(store, store.add(media_type::kConfig, largest)) == largest);
  const Descriptor large = store.add(media_type::kConfig, largest + " ");
  store.opened.clear();
  CHECK_THROWS_WITH_AS(
      read_document(store, large),
      doctest::Contains("has a size of 4194305 bytes; documents of more than 4194304 are not read"),
      Error);
  CHECK(store.opened.empty());
}

TEST_CASE("write_blob writes what is not there yet") {
  MemoryBlobs store;
  const Descriptor blob = describe(media_type::kConfig, "{}");
  write_blob(store, blob, "{}");
  write_blob(store, blob, "{}");
  CHECK(store.committed == std::vector<Digest>{blob.digest});
  CHECK(read_document(store, blob) == "{}");
}

TEST_CASE("describe says type, digest and size, and nothing of a platform") {
  const Descriptor blob = describe("text/plain", std::string_view("a\0b", 3));
  CHECK(blob.media_type == "text/plain");
  CHECK(blob.digest == Digest::of(std::string_view("a\0b", 3)));
  CHECK(blob.size == 3);
  CHECK_FALSE(blob.platform);
  CHECK(blob.annotations.empty());
}

}  // namespace cbuild::oci
