// The directories of committed layers: snapshots/<number>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/store/snapshots.h"
#include "src/store/database.h"
#include "src/store/staging.h"

namespace cbuild::store {

/// overlayfs takes no more lower directories.
inline constexpr std::size_t kMaxLayers = 500;

/// Stands for the stack without layers: an empty directory.
inline constexpr const char* kEmptyDirectory = "0";

std::string snapshots_directory(const std::string& root);

/// The directories of the stack, topmost first, as OverlayMount wants them: each once, for what a
/// second one would show below is hidden by the first; and none below a root directory that is
/// opaque, which overlayfs does not look at.
/// @throws Error when a layer is missing or not unpacked, or there are too many. One whose
/// directory is gone is taken out of use.
std::vector<std::string> lower_names(Database& database,
                                     const std::string& root,
                                     const std::optional<oci::Digest>& chain);

/// Whether the directory that the layer's row names, its own or a shared one, is there.
bool has_directory(Database& database, const std::string& root, const oci::Digest& chain);

/// The directory of one layer, whatever it stands on. @throws Error when it has none.
std::string directory_name(Database& database, const oci::Digest& chain);

/// The directory that says what the root of a stack looks like, for its mode and owner are in no
/// layer's tar: the topmost that was made where it stands. @throws Error when there is none.
std::string root_name(Database& database, const oci::Digest& chain);

/// The columns of "SELECT * FROM snapshots".
Snapshot read_snapshot(const Query& row);

/// What is known of a layer whose directory is complete.
struct FinishedLayer {
  std::optional<oci::Digest> parent;
  oci::Digest diff_id;
  std::uint64_t size = 0;  ///< of its tar
  bool made_here = false;
  bool replaces = false;  ///< takes the place of an equal layer, whose directory is retired
};

/// Gives staging/<id>/fs its number and its row, both or neither, as seen by everybody. When an
/// equal layer is there that is not to be replaced, that one stays and the directory is left where
/// it is.
Snapshot publish(Database& database,
                 const std::string& root,
                 const StagingDirectory& staging,
                 const FinishedLayer& layer);

/// The directories of snapshots/ that no row names: a process died between the renaming and the
/// row. Those listed in `retired` are none of them, for they may be in use.
std::vector<std::string> orphans(Database& database, const std::string& root);

/// Moves snapshots/<name> to staging/, where a sweep removes it. A failure is logged.
void move_to_staging(const std::string& root, const std::string& name);

enum class Orphans {
  left_behind,  ///< by killed processes. Those that the database seems to have lost stay: so many
                ///< that there are fewer rows, or all when its log was damaged
  all           ///< a user asked for it
};

/// Moves orphans to staging/, where a sweep removes them. What stays is listed in `retired`, and a
/// warning says so.
void retire_orphans(Database& database, const std::string& root, Orphans which);

/// For a prune, when nobody else uses the store: lets retire_orphans() take the retired ones too.
void release_retired(Database& database);

}  // namespace cbuild::store
