// Parts of paths; see path.h.
#include "cbuild/util/path.h"

namespace cbuild {

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string directory_of(std::string_view path) {
  const std::string_view parent = parent_of(path);
  return parent.empty() ? "." : std::string(parent);
}

}  // namespace cbuild
