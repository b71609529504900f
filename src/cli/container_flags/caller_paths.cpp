// Paths of the host; see caller_paths.h.
#include "src/cli/container_flags/caller_paths.h"

#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

bool is_host_path(std::string_view source) {
  return source.starts_with('/') || source.starts_with('.') || source.starts_with('~');
}

std::string host_path(std::string_view source, const CallerPaths& caller) {
  if (!source.starts_with('~')) return clean_path(caller.directory, source);
  const std::string_view below = source.substr(1);
  if (!below.empty() && !below.starts_with('/')) {
    throw Error(ErrorKind::usage, "'{}': the home directory of another user is not looked up",
                printable(source))
        .with_hint("write the path in full, beginning with /");
  }
  if (caller.home.empty()) {
    throw Error(ErrorKind::usage, "'{}': the home directory is not known (HOME is not set)",
                printable(source))
        .with_hint("write the path in full, beginning with /");
  }
  return clean_path(caller.home, std::string(".").append(below));
}

}  // namespace cbuild::cli
