// Paths of the host in the flags of a container: relative to the caller, or to the home directory.
#pragma once

#include <string>
#include <string_view>

namespace cbuild::cli {

/// What the paths in the words of a command line are relative to.
struct CallerPaths {
  std::string directory;  ///< absolute
  std::string home;       ///< $HOME; empty = not known
};

/// Whether `source` is a path, not the name of a volume: it begins with "/", "." or "~".
bool is_host_path(std::string_view source);

/// Absolute and clean, of an is_host_path(). "~" and "~/x" are below the home directory. The disk
/// is not looked at. @throws Error(usage) of "~user", and of "~" when the home directory is unknown
std::string host_path(std::string_view source, const CallerPaths& caller);

}  // namespace cbuild::cli
