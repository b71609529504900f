// Paths as the rules compare them; see paths.h.
#include "frontend/dockerfile/lint/paths.h"

#include "cbuild/util/pattern.h"
#include "frontend/dockerfile/lint/copy_sources.h"

namespace cbuild::frontend {

std::string absolute_path(std::string_view directory, std::string_view path) {
  if (path.starts_with('/')) return "/" + context_path(path);
  return "/" + context_path(std::string(directory) + "/" + std::string(path));
}

bool is_within(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  try {
    return match_path(pattern, text);
  } catch (const PatternError&) {
    return true;
  }
}

bool takes_in(const std::string& pattern, std::string_view path) {
  if (!has_wildcard(pattern)) return is_within(path, pattern);
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    if (matches_glob(pattern, path.substr(0, end))) return true;
    if (end == path.npos) return false;
  }
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace cbuild::frontend
