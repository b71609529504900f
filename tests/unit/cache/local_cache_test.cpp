// The cache of build steps in the store.
#include "cbuild/cache/local_cache.h"

#include <doctest/doctest.h>

#include "cbuild/graph/graph.h"
#include "cbuild/store/records.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::cache {

namespace {

solver::CacheKey key_of(std::string_view name) {
  return solver::make_cache_key(oci::Digest::of(name), {});
}

}  // namespace

TEST_CASE("a result is found again, also by the next process") {
  const store::TempDirectory directory;
  const graph::Vertex vertex;
  const solver::CacheKey key = key_of("key");
  solver::RootFileSystem result;
  {
    store::Store store(directory.store());
    LocalCache cache(store);
    CHECK_FALSE(cache.find({key, vertex, {}}));
    result.chain = store::make_layer(store, std::nullopt, {{"f", "x"}}).chain_id;
    cache.save({key, vertex, {}}, result);
    CHECK(cache.find({key, vertex, {}}) == solver::Result(result));
    CHECK_FALSE(cache.find({key_of("other"), vertex, {}}));
  }
  store::Store store(directory.store());
  CHECK(LocalCache(store).find({key, vertex, {}}) == solver::Result(result));
}

TEST_CASE("a record that leads nowhere is no hit") {
  const store::TempDirectory directory;
  store::Store store(directory.store());
  LocalCache cache(store);
  const graph::Vertex vertex;
  const solver::CacheKey key = key_of("key");
  for (const std::string& value :
       {oci::Digest::of("no snapshot").to_string(), std::string(), std::string("sha256:12"),
        std::string("junk"), oci::Digest::of("x").to_string() + " "}) {
    CAPTURE(value);
    store.records().save(store::RecordKind::step, key.digest, value);
    CHECK_FALSE(cache.find({key, vertex, {}}));
  }
}

TEST_CASE("a record of another kind is no hit") {
  const store::TempDirectory directory;
  store::Store store(directory.store());
  const solver::CacheKey key = key_of("key");
  const auto layer = store::make_layer(store, std::nullopt, {{"f", "x"}});
  store.records().save(store::RecordKind::content, key.digest, layer.chain_id.to_string());
  const graph::Vertex vertex;
  CHECK_FALSE(LocalCache(store).find({key, vertex, {}}));
}

}  // namespace cbuild::cache
