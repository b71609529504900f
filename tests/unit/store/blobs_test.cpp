// The store as a BlobStore.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "cbuild/oci/blob_store.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/util/fd.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

oci::Descriptor descriptor_of(std::string_view bytes) {
  return oci::describe("x/y", bytes);
}

std::string path_of(const TempDirectory& temp, const oci::Descriptor& blob) {
  const std::string hex = blob.digest.hex();
  return temp.store() + "/blobs/sha256/" + hex.substr(0, 2) + "/" + hex;
}

}  // namespace

TEST_CASE("a blob written is there, read-only, and reads the same") {
  const TempDirectory temp;
  Store store(temp.store());
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(600'000, 'y')}) {
    const oci::Descriptor blob = descriptor_of(bytes);
    CHECK(!store.blobs().has(blob));
    oci::write_blob(store.blobs(), blob, bytes);
    oci::write_blob(store.blobs(), blob, bytes);
    CHECK(store.blobs().has(blob));
    CHECK(read_all(*store.blobs().open(blob), 1 << 20) == bytes);

    struct stat status {};

    REQUIRE(::stat(path_of(temp, blob).c_str(), &status) == 0);
    CHECK((status.st_mode & 0222) == 0);
  }
  CHECK(names_in(temp.store() + "/ingest").empty());
  CHECK_THROWS_AS(store.blobs().open(descriptor_of("missing")), Error);
}

TEST_CASE("a blob that is not what was promised leaves nothing") {
  const TempDirectory temp;
  Store store(temp.store());

  struct Row {
    const char* bytes;
    bool commit;
  };

  const oci::Descriptor blob = descriptor_of("right");
  for (const Row& row : {Row{"wrong", true}, Row{"short", true}, Row{"righ", true},
                         Row{"right!", true}, Row{"right", false}, Row{"", true}}) {
    CAPTURE(row.bytes);
    const auto write = [&] {
      const auto writer = store.blobs().create(blob);
      writer->write(as_bytes(row.bytes));
      if (row.commit) writer->commit();
    };
    if (row.commit) {
      CHECK_THROWS_AS(write(), Error);
    } else {
      write();
    }
    CHECK(!store.blobs().has(blob));
    CHECK(names_in(temp.store() + "/ingest").empty());
    CHECK(names_in(temp.store() + "/blobs/sha256").empty());
  }
}

TEST_CASE("several writers of one blob all succeed") {
  const TempDirectory temp;
  Store store(temp.store());
  const std::string bytes(100'000, 'z');
  const oci::Descriptor blob = descriptor_of(bytes);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto writer = store.blobs().create(blob);
      writer->write(as_bytes(bytes));
      writer->commit();
      good += store.blobs().has(blob) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(good == 4);
  CHECK(names_in(temp.store() + "/ingest").empty());
}

TEST_CASE("a damaged blob is noticed, removed, and can be written again") {
  const TempDirectory temp;
  Store store(temp.store());
  const oci::Descriptor blob = descriptor_of("content");
  for (const char* damage : {"c0ntent", "cont", "content and more"}) {
    CAPTURE(damage);
    oci::write_blob(store.blobs(), blob, "content");
    write_file_atomically(path_of(temp, blob), damage);
    CHECK_THROWS_AS(read_all(*store.blobs().open(blob), 100), Error);
    CHECK(!store.blobs().has(blob));
    const auto writer = store.blobs().create(blob);
    writer->write(as_bytes("content"));
    writer->commit();
    CHECK(read_all(*store.blobs().open(blob), 100) == "content");
  }
}

TEST_CASE("a layer made here reads as the blob with its diff ID") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot layer = make_layer(store, std::nullopt, {{"file", std::string(3'000'000, 'x')}});
  oci::Descriptor blob;
  blob.digest = layer.diff_id;
  blob.size = layer.size;
  CHECK(store.blobs().has(blob));
  const std::string tar = read_all(*store.blobs().open(blob), 10 << 20);
  CHECK(tar.size() == layer.size);
  CHECK(oci::Digest::of(tar) == layer.diff_id);

  SUBCASE("reading may be left off anywhere") {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{700'000}}) {
      const auto source = store.blobs().open(blob);
      std::vector<std::byte> buffer(count);
      if (count > 0) CHECK(source->read(buffer) > 0);
    }
  }
  SUBCASE("and fails when the directory was changed") {
    const Fd directory = open_directory(temp.store() + "/snapshots/1");
    put(directory, {"file", std::string(3'000'000, 'y')});
    CHECK_THROWS_AS(read_all(*store.blobs().open(blob), 10 << 20), Error);
  }
}

}  // namespace cbuild::store
