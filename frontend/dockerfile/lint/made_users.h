// Users and groups that the steps of a stage create.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

namespace cbuild::frontend {

struct ScriptCommand;

class MadeUsers {
 public:
  /// Takes those that the commands of the step in `line` make, or may make.
  void add(std::span<const ScriptCommand> commands, int line);

  /// Which user or group of "USER:GROUP" is made by a step after `line` only; empty = none.
  std::string made_after(const std::string& owner, int line) const;

 private:
  std::map<std::string, int, std::less<>> lines_;  ///< of the first step that makes it
};

}  // namespace cbuild::frontend
