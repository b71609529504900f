// Joins and splits paths as text. They are clean, absolute or relative to a tree.
#pragma once

#include <string>

namespace cbuild::ops {

/// `name` in `directory`; "" and "/" are roots. An empty name is the directory itself.
inline std::string join_path(const std::string& directory, const std::string& name) {
  if (name.empty()) return directory;
  return directory.empty() || directory == "/" ? directory + name : directory + "/" + name;
}

/// "/" of "/a", "/a" of "/a/b"; "" of a relative path without a slash.
inline std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return {};
  return slash == 0 ? "/" : path.substr(0, slash);
}

inline std::string last_component(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace cbuild::ops
