// The cache of build steps in the store.
#include "cbuild/cache/local_cache.h"

#include <doctest/doctest.h>

#include "cbuild/store/records.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::cache {

TEST_CASE("a result is found again, also by the next process") {
  const store::TempDirectory directory;
  const graph::Vertex vertex;
  const oci::Digest key = oci::Digest::of("key");
  solver::Result result;
  {
    store::Store store(directory.store());
    LocalCache cache(store);
    CHECK_FALSE(cache.find({key, vertex}));
    result.id = store::make_layer(store, std::nullopt, {{"f", "x"}}).chain_id.to_string();
    cache.save(key, result);
    CHECK(cache.find({key, vertex}) == result);
    CHECK_FALSE(cache.find({oci::Digest::of("other"), vertex}));
  }
  store::Store store(directory.store());
  CHECK(LocalCache(store).find({key, vertex}) == result);
}

TEST_CASE("a record that leads nowhere is no hit") {
  const store::TempDirectory directory;
  store::Store store(directory.store());
  LocalCache cache(store);
  const graph::Vertex vertex;
  const oci::Digest key = oci::Digest::of("key");
  for (const std::string& value :
       {oci::Digest::of("no snapshot").to_string(), std::string(), std::string("sha256:12"),
        std::string("junk"), oci::Digest::of("x").to_string() + " "}) {
    CAPTURE(value);
    store.records().save(store::RecordKind::step, key, value);
    CHECK_FALSE(cache.find({key, vertex}));
  }
}

TEST_CASE("a record of another kind is no hit") {
  const store::TempDirectory directory;
  store::Store store(directory.store());
  const oci::Digest key = oci::Digest::of("key");
  const auto layer = store::make_layer(store, std::nullopt, {{"f", "x"}});
  store.records().save(store::RecordKind::content, key, layer.chain_id.to_string());
  const graph::Vertex vertex;
  CHECK_FALSE(LocalCache(store).find({key, vertex}));
}

}  // namespace cbuild::cache
