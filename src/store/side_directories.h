// What is kept in the store besides images and layers: caches of RUN and digests of context files.
#pragma once

#include <string>

#include "cbuild/store/usage.h"
#include "cbuild/util/cancel.h"

namespace cbuild::store {

/// The entries of <root>/`name` and what they take on disk; what cannot be read counts as nothing.
Usage::Part measure_directory(const std::string& root, const std::string& name);

/// Removes the entries of <root>/`name` that were not used since `unused_since` (0 = all). What
/// cannot be removed is logged.
/// @return how many went, and their bytes
Usage::Part prune_directory(const std::string& root,
                            const std::string& name,
                            std::int64_t unused_since,
                            const CancelToken& cancel);

/// Removes what killed processes left there: files of digests and content of caches that were being
/// written. For a prune, when nobody else uses the store.
void remove_half_written(const std::string& root);

}  // namespace cbuild::store
