// The build cache in the store: results of steps by key.
#pragma once

#include "cbuild/solver/cache.h"

namespace cbuild::store {
class Store;
}

namespace cbuild::cache {

/// Records of the store as a solver::Cache. A record whose snapshot is gone is no hit. Thread-safe.
class LocalCache final : public solver::Cache {
 public:
  explicit LocalCache(store::Store& store) : store_(store) {}

  std::optional<solver::Result> find(const solver::CacheQuery& query) override;
  void save(const solver::CacheQuery& query, const solver::Result& result) override;

 private:
  store::Store& store_;
};

}  // namespace cbuild::cache
