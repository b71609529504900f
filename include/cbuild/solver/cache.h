// What the solver remembers from build to build.
#pragma once

#include <optional>

#include "cbuild/oci/digest.h"
#include "cbuild/solver/worker.h"

namespace cbuild::solver {

/// Digest of (op, identities of its inputs).
using CacheKey = oci::Digest;

/// A struct, so that further ways to find a result (recorded reads) do not change the interface.
struct CacheQuery {
  CacheKey key;
  const graph::Vertex& vertex;
};

/// Remembers results by key. Thread-safe. A failing cache is a slow cache, not a failed build:
/// implementations log what went wrong and answer nullopt.
class Cache {
 public:
  virtual ~Cache() = default;
  virtual std::optional<Result> find(const CacheQuery& query) = 0;
  virtual void save(const CacheKey& key, const Result& result) = 0;
};

}  // namespace cbuild::solver
