// COPY and ADD: copies a selection into the upper directory of a snapshot.
#pragma once

#include <functional>
#include <string>

#include "cbuild/image/users.h"

namespace cbuild::graph {
struct Copy;
}

namespace cbuild {
class CancelToken;
class Fd;
}  // namespace cbuild

namespace cbuild::ops {

class Selection;
class Upper;

/// An archive that ADD unpacks.
struct Archive {
  const Fd& file;                  ///< positioned at its beginning
  const std::string& name;         ///< for messages
  const std::string& destination;  ///< an existing directory of the snapshot
};

struct CopyRequest {
  const graph::Copy& op;
  const Selection& selection;
  image::Ids owner;         ///< of --chown; root for contexts
  bool keep_owner = false;  ///< files keep the owner they have in their tree
  /// Called for each archive in a tree that unpacks them, when all before it is written.
  std::function<void(const Archive&)> unpack;
};

/// Directories are made in the order of the sources, files are written on all processors, then
/// links, then the metadata of directories. A later source replaces files of an earlier one.
/// @throws InTheWay when the destination cannot take them, Error, Interrupted
void copy_files(const CopyRequest& request, Upper& upper, const CancelToken& cancel);

}  // namespace cbuild::ops
