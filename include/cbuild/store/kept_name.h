// Names of kept data: a kind and a name in it.
#pragma once

#include <string>

namespace cbuild::store {

enum class KeptKind {
  cache_mount,      ///< directory: a cache of RUN --mount=type=cache
  repository,       ///< directory: a bare clone of a git repository
  volume,           ///< directory: data of the user, and a record. No prune removes it
  network,          ///< directory: a record of the user's. No prune removes it
  context_digests,  ///< file: digests of the files of one build context
};

/// The name of a kept directory or file. A name is a letter or digit, then letters, digits, "_"
/// and "-", at most 128 bytes; a volume's and a network's may have "." too. Other names are Errors
/// (usage), so no name is a path.
struct KeptName {
  KeptKind kind = KeptKind::cache_mount;
  std::string name;
};

}  // namespace cbuild::store
