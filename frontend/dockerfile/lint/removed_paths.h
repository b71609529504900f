// Paths that the commands of a step remove: no layer holds them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::frontend {

struct ScriptCommand;

class RemovedPaths {
 public:
  /// Reads rm, mv, unlink, rmdir and find.
  explicit RemovedPaths(std::span<const ScriptCommand> commands);

  /// `path` is gone, or was moved away.
  bool take(std::string_view path) const;

  /// The contents of `directory` are removed, or those that a wildcard matches.
  bool empty_out(std::string_view directory) const;

 private:
  void add(const ScriptCommand& command, std::string_view word);
  void add_found(const ScriptCommand& command);

  struct Found {
    std::string directory;
    std::string name;  ///< pattern of the last part; empty = any
  };

  std::vector<std::string> paths_;  ///< may have wildcards
  std::vector<Found> found_;        ///< by find
};

}  // namespace cbuild::frontend
