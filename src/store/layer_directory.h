// Which directories the layers of a stack have.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/layer/root_tree.h"

namespace cbuild::oci {
class Digest;
}

namespace cbuild::store {

class Database;
struct LayerStore;

/// The limit of overlayfs for lower directories.
inline constexpr std::size_t kMaxLayers = 500;

/// The directories of the stack, topmost first, as OverlayMount wants them. A shared directory is
/// listed once: a second one would be hidden by the first. Directories below an opaque root are
/// left out, because overlayfs ignores that mark on the root of a layer.
/// @throws Error when a layer is missing or not unpacked, or there are too many. A layer whose
/// directory is missing is taken out of use.
std::vector<std::string> lower_names(Database& database,
                                     const std::string& root,
                                     const std::optional<oci::Digest>& chain);

/// The stack for reading. @throws Error as lower_names()
layer::RootTree open_stack(const LayerStore& store, const std::optional<oci::Digest>& chain);

/// Whether the directory that the layer's row names, its own or a shared one, exists.
bool has_directory(Database& database, const std::string& root, const oci::Digest& chain);

/// The directory of one layer, its own or a shared one. @throws Error when it has none.
std::string directory_name(Database& database, const oci::Digest& chain);

/// Topmost layer with a directory of its own: its mode and owner are those of the root "/", which
/// no layer tar records. @throws Error when there is none.
std::string root_name(Database& database, const oci::Digest& chain);

}  // namespace cbuild::store
