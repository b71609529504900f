// Where layer directories are: snapshots/<number>.
#pragma once

#include <string>

namespace cbuild {
class Fd;
}

namespace cbuild::store {

/// snapshots/0 is always empty: it stands for a stack without layers.
inline constexpr const char* kEmptyDirectory = "0";

std::string snapshots_directory(const std::string& root);

/// Opens snapshots/<name>.
Fd open_layer(const std::string& root, const std::string& name);

/// Moves snapshots/<name> to staging/, where a sweep removes it. Logs a failure.
void move_to_staging(const std::string& root, const std::string& name);

}  // namespace cbuild::store
