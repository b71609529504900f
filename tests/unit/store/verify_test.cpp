// What verify() finds, and what a repair makes of it.
#include "cbuild/store/verify.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "cbuild/layer/compression.h"
#include "cbuild/layer/compressor.h"
#include "cbuild/layer/diff.h"
#include "cbuild/store/images.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/mount.h"
#include "cbuild/util/string_stream.h"
#include "src/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

/// A store with a named image of two layers that were made here and an unpacked one that was
/// pulled.
class Filled {
 public:
  Filled() : store_(std::make_unique<Store>(temp_.store())) {
    base_ = make_layer(*store_, std::nullopt, {{"file", "content"}});
    top_ = make_layer(*store_, base_->chain_id, {{"other", "content"}});
    image_ = make_image(*store_, {*base_, *top_});
    store_->images().tag(oci::Reference::parse("app"), image_);
    store_->records().save(RecordKind::step, oci::Digest::of("key"), top_->chain_id.to_string());
    pull_layer();
  }

  VerifyResult look() { return store_->verify({}, CancelToken()); }

  VerifyResult repair() { return store_->verify({.repair = true, .progress = {}}, CancelToken()); }

  /// A layer as a registry has it: its blob, and unpacked.
  void pull_layer() {
    const TempDirectory temp;
    const Fd directory = open_directory(temp.path());
    put(directory, {"pulled", "content"});
    StringSink packed;
    const auto gzip = layer::compress(layer::Compression::gzip, packed);
    HashingSink tar(gzip.get());
    layer::write_tar(directory, tar, {.latest_time = std::nullopt});
    gzip->finish();
    const std::string bytes = packed.take();
    blob_ = oci::describe(oci::media_type::kLayerGzip, bytes);
    pulled_ = oci::Digest(tar.finish());
    oci::write_blob(store_->blobs(), *blob_, bytes);
    store_->snapshots().declare(std::nullopt, *pulled_, *blob_);
    StringSource source(bytes);
    store_->snapshots().unpack(*pulled_, source, CancelToken());
  }

  void execute(std::string_view sql) {
    Database database(temp_.store() + "/store.db");
    database.run(sql);
  }

  std::string at(const std::string& path) const { return temp_.store() + "/" + path; }

  std::string blob_file(const oci::Digest& digest) const {
    return at(fmt::format("blobs/sha256/{}/{}", digest.hex().substr(0, 2), digest.hex()));
  }

  TempDirectory temp_;
  std::unique_ptr<Store> store_;
  std::optional<Snapshot> base_;
  std::optional<Snapshot> top_;
  oci::Digest image_ = oci::Digest::of("");
  std::optional<oci::Descriptor> blob_;
  std::optional<oci::Digest> pulled_;
};

void overwrite(const std::string& path, std::string_view content) {
  ::chmod(path.c_str(), 0600);
  write_file_atomically(path, content);
}

bool finds(const VerifyResult& result, Damage::Kind kind, const std::string& subject) {
  return std::ranges::any_of(result.damages, [&](const Damage& damage) {
    return damage.kind == kind && damage.subject == subject && !damage.problem.empty();
  });
}

}  // namespace

TEST_CASE("a whole store is whole") {
  Filled filled;
  const VerifyResult result = filled.look();
  CHECK(result.damages.empty());
  CHECK(result.blobs == 3);
  CHECK(result.layers == 3);
  CHECK(result.images == 1);
  CHECK(result.names == 1);
  CHECK(result.records == 1);
  CHECK(result.leftovers == 0);
}

TEST_CASE("an image whose layers are blobs only is whole") {
  Filled filled;
  const std::string bytes = "a layer with clamped times";
  const oci::Descriptor blob = oci::describe(oci::media_type::kLayer, bytes);
  oci::write_blob(filled.store_->blobs(), blob, bytes);
  Snapshot clamped = *filled.base_;
  clamped.diff_id = blob.digest;
  clamped.size = blob.size;
  const oci::Digest image = make_image(*filled.store_, {clamped});
  filled.store_->images().tag(oci::Reference::parse("clamped"), image);
  CHECK(filled.look().damages.empty());
  ::unlink(filled.blob_file(blob.digest).c_str());
  CHECK(finds(filled.look(), Damage::Kind::image, image.to_string()));
}

TEST_CASE("a look changes nothing") {
  Filled filled;
  overwrite(filled.at("snapshots/1/file"), "other");
  CHECK(filled.look().damages.size() == 1);
  CHECK(filled.look().damages.size() == 1);
}

TEST_CASE("every damage is found, and gone after a repair") {
  Filled filled;
  const Filled& made = filled;
  const std::string base = made.base_->chain_id.to_string();
  Damage::Kind kind = Damage::Kind::layer;
  std::string subject = base;
  SUBCASE("a changed file") {
    overwrite(filled.at("snapshots/1/file"), "other");
  }
  SUBCASE("an emptied file") {
    overwrite(filled.at("snapshots/1/file"), "");
  }
  SUBCASE("a file that is gone") {
    remove_tree(AT_FDCWD, filled.at("snapshots/1/file"));
  }
  SUBCASE("a mode") {
    ::chmod(filled.at("snapshots/1/file").c_str(), 0777);
  }
  SUBCASE("a directory that is gone") {
    remove_tree(AT_FDCWD, filled.at("snapshots/1"));
  }
  SUBCASE("a changed file of a pulled layer") {
    overwrite(filled.at("snapshots/3/pulled"), "other");
    subject = made.pulled_->to_string();
  }
  SUBCASE("a blob") {
    overwrite(filled.blob_file(made.blob_->digest), "other");
    kind = Damage::Kind::blob;
    subject = made.blob_->digest.to_string();
  }
  SUBCASE("the config of an image") {
    ::unlink(filled.blob_file(made.image_).c_str());
    kind = Damage::Kind::image;
    subject = made.image_.to_string();
  }
  SUBCASE("a row of a layer") {
    filled.execute("UPDATE snapshots SET diff = zeroblob(32) WHERE directory = 2");
    subject = made.top_->chain_id.to_string();
  }
  SUBCASE("a name of no image") {
    filled.execute(
        "INSERT INTO names(name, image) VALUES('docker.io/library/lost:latest', zeroblob(32))");
    kind = Damage::Kind::name;
    subject = "docker.io/library/lost:latest";
  }
  SUBCASE("a record of no layer") {
    filled.execute("UPDATE records SET value = 'sha256:nothing'");
    kind = Damage::Kind::record;
    subject = oci::Digest::of("key").to_string();
  }
  CHECK(finds(filled.look(), kind, subject));
  const VerifyResult repaired = filled.repair();
  CHECK(finds(repaired, kind, subject));
  for (const Damage& damage : repaired.damages)
    CHECK(!damage.remedy.empty());
  CHECK(filled.look().damages.empty());
}

TEST_CASE("a pulled layer is mended from its blob, and its image stays") {
  Filled filled;
  overwrite(filled.at("snapshots/3/pulled"), "other");
  filled.repair();
  const auto layer = filled.store_->snapshots().find(*filled.pulled_);
  REQUIRE(layer);
  CHECK(layer->unpacked);
  const std::string name = filled.store_->snapshots().view(*filled.pulled_).lower.at(0);
  CHECK(read_file(filled.at("snapshots/" + name + "/pulled")) == "content");
  CHECK(filled.store_->images().list().size() == 1);
}

TEST_CASE("what cannot be made again is dropped, and can be made anew") {
  Filled filled;
  overwrite(filled.at("snapshots/1/file"), "other");
  filled.repair();
  CHECK(filled.store_->images().list().empty());
  CHECK_FALSE(filled.store_->snapshots().is_usable(filled.top_->chain_id));
  make_layer(*filled.store_, std::nullopt, {{"file", "content"}});
  CHECK(filled.store_->snapshots().is_usable(filled.top_->chain_id));
}

TEST_CASE("a damaged database is copied as far as it can be read") {
  Filled filled;
  for (int i = 0; i < 2000; ++i) {
    filled.store_->records().save(RecordKind::content, oci::Digest::of(std::to_string(i)),
                                  oci::Digest::of("").to_string());
  }
  filled.store_.reset();
  const CancelToken cancel;
  CHECK_FALSE(Store::verify_database(filled.temp_.store(), false, cancel));
  const std::string path = filled.at("store.db");
  std::size_t kept = 0;
  SUBCASE("a page of it") {
    const Fd fd = open_file(path, O_WRONLY);
    const std::string garbage(4096, 'x');
    REQUIRE(::pwrite(fd.get(), garbage.data(), garbage.size(), 4096 * 20) == 4096);
    kept = 1;
  }
  SUBCASE("its beginning") {
    overwrite(path, std::string(8192, 'x'));
  }
  SUBCASE("all of it") {
    overwrite(path, "");
  }
  SUBCASE("that is gone") {
    ::unlink(path.c_str());
  }
  CHECK(Store::verify_database(filled.temp_.store(), false, cancel));
  const auto repaired = Store::verify_database(filled.temp_.store(), true, cancel);
  REQUIRE(repaired);
  CHECK(!repaired->remedy.empty());
  CHECK_FALSE(Store::verify_database(filled.temp_.store(), false, cancel));
  filled.store_ = std::make_unique<Store>(filled.temp_.store());
  CHECK(filled.store_->images().list().size() == kept);
  CHECK(filled.look().damages.empty());
}

TEST_CASE("rows that make no sense are dropped") {
  Filled filled;
  filled.execute(
      "INSERT INTO names(name, image) VALUES('docker.io/library/odd:latest', 'no digest')");
  filled.execute("INSERT INTO records VALUES(1, 7, 'x', 0, 0)");
  filled.store_.reset();
  const CancelToken cancel;
  CHECK(Store::verify_database(filled.temp_.store(), true, cancel));
  CHECK_FALSE(Store::verify_database(filled.temp_.store(), false, cancel));
  filled.store_ = std::make_unique<Store>(filled.temp_.store());
  CHECK(filled.store_->images().list().size() == 1);
  CHECK(filled.look().damages.empty());
}

TEST_CASE("what killed processes left is no damage") {
  Filled filled;
  make_directories(filled.at("staging/dead/fs"));
  make_directories(filled.at("snapshots/77"));
  write_file_atomically(filled.at("ingest/dead"), "half");
  const VerifyResult result = filled.look();
  CHECK(result.damages.empty());
  CHECK(result.leftovers == 3);
  filled.repair();
  CHECK(filled.look().leftovers == 0);
}

}  // namespace cbuild::store
