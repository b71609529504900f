// What the commands of a step take away: it is in no layer, whatever was done to it before.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/dockerfile/lint/shell_commands.h"

namespace cbuild::frontend {

class RemovedPaths {
 public:
  /// Reads rm, mv, unlink, rmdir and find.
  explicit RemovedPaths(std::span<const ScriptCommand> commands);

  /// `path` is gone, or was moved away.
  bool take(std::string_view path) const;

  /// What was in `directory` is gone, if not all of it then what a wildcard takes.
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
