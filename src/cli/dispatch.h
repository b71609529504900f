// Finds the command that a command line means, before any command declares its options.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cbuild::cli {

struct CommandEntry;

struct Dispatch {
  enum class Kind { command, overview, version };
  Kind kind = Kind::overview;
  const CommandEntry* entry = nullptr;  ///< of Kind::command
  std::vector<std::string> words;       ///< what the command is to parse, global options included
};

/// Global options may come before the command. A first word that is an option of build, a
/// directory (`is_directory`), a URL or "-" means build; a directory with the name of a command of
/// docker's or another builder's only with a slash ("./run"). @throws Error(usage) for an unknown
/// command.
Dispatch dispatch(std::span<const std::string> words,
                  const std::function<bool(const std::string&)>& is_directory);

}  // namespace cbuild::cli
