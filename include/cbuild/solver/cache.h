// What the solver remembers from build to build.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/solver/result.h"

namespace cbuild::graph {
struct Vertex;
}

namespace cbuild::solver {

/// Identifies what a vertex comes to: the digest of its operation and of what it reads of each
/// input (KeyHasher).
struct CacheKey {
  oci::Digest digest;
  oci::Digest operation;            ///< graph::key_of()
  std::vector<std::string> inputs;  ///< Worker::input_identity() of each input
};

/// Makes the key of `operation` with these inputs.
CacheKey make_cache_key(const oci::Digest& operation, std::vector<std::string> inputs);

struct CacheQuery {
  const CacheKey& key;
  const graph::Vertex& vertex;
  std::span<const Result> inputs;
};

/// Remembers results by key. Thread-safe. A failing cache is a slow cache, not a failed build:
/// implementations log what went wrong and answer nullopt.
class Cache {
 public:
  virtual ~Cache() = default;
  virtual std::optional<Result> find(const CacheQuery& query) = 0;
  virtual void save(const CacheQuery& query, const Result& result) = 0;
};

}  // namespace cbuild::solver
