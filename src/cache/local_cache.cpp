// Reads and writes the cache records of steps; see local_cache.h.
#include "cbuild/cache/local_cache.h"

#include "cbuild/store/records.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"

namespace cbuild::cache {

std::optional<solver::Result> LocalCache::find(const solver::CacheQuery& query) {
  try {
    auto value = store_.records().find(store::RecordKind::step, query.key.digest);
    if (!value) return std::nullopt;
    const auto chain = oci::Digest::try_parse(*value);
    if (!chain || !store_.snapshots().is_usable(*chain)) return std::nullopt;
    return solver::RootFileSystem{chain};
  } catch (const Error& error) {
    log_warning("the cache look-up failed, so the step runs: {}", error.what());
    return std::nullopt;
  }
}

void LocalCache::save(const solver::CacheQuery& query, const solver::Result& result) {
  try {
    store_.records().save(store::RecordKind::step, query.key.digest, to_text(result));
  } catch (const Error& error) {
    log_warning("the result of the step is not saved in the cache: {}", error.what());
  }
}

}  // namespace cbuild::cache
