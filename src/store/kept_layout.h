// Where kept directories and files are on disk.
#pragma once

#include <array>
#include <string>

#include "cbuild/store/kept_name.h"

namespace cbuild::store {

/// The name of the content directory in a cache mount or volume. Everything beside it is a draft,
/// but for kRecord.
inline constexpr const char* kContent = "data";
inline constexpr const char* kRecord = "record.json";

struct KeptLayout {
  KeptKind kind;
  const char* directory;        ///< entries are <root>/<directory>/<name>
  const char* subject;          ///< what an entry is, for messages
  bool is_file = false;         ///< the entry is a file
  bool has_content = false;     ///< the entry has a directory kContent
  bool has_lock_file = false;   ///< the lock is on <name>.lock, because the entry may be made anew
  bool loses_unsynced = false;  ///< the entry has a boot mark; see boot_mark.h
  bool is_disposable = false;   ///< prune --all removes it
};

inline constexpr std::array<KeptLayout, 5> kKeptLayouts = {{
    {.kind = KeptKind::cache_mount,
     .directory = "cache-mounts",
     .subject = "cache",
     .has_content = true,
     .loses_unsynced = true,
     .is_disposable = true},
    {.kind = KeptKind::repository,
     .directory = "git",
     .subject = "repository",
     .has_lock_file = true,
     .is_disposable = true},
    {.kind = KeptKind::volume, .directory = "volumes", .subject = "volume", .has_content = true},
    {.kind = KeptKind::network, .directory = "networks", .subject = "network"},
    {.kind = KeptKind::context_digests,
     .directory = "contexts",
     .subject = "list of context files",
     .is_file = true,
     .is_disposable = true},
}};

const KeptLayout& layout_of(KeptKind kind);

/// <root>/<directory> of the kind.
std::string kept_parent(const std::string& root, KeptKind kind);

/// @throws Error (usage) for a name that is not valid
std::string kept_path(const std::string& root, const KeptName& which);

std::string lock_path(const std::string& entry);

/// Whether this may be the name of an entry; lock files and temporary files have other names.
bool is_valid(const KeptName& which);

}  // namespace cbuild::store
