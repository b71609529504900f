// Finds the paths that a step removes; see removed_paths.h.
#include "frontend/dockerfile/lint/removed_paths.h"

#include <algorithm>

#include "cbuild/util/pattern.h"
#include "frontend/dockerfile/lint/paths.h"
#include "frontend/dockerfile/lint/run_script.h"

namespace cbuild::frontend {

namespace {

constexpr std::size_t kMaxPaths = 200;  // a hostile file must not make it slow

bool removes(const ScriptCommand& command) {
  return has_word(command.words, "-delete") || has_word(command.words, "rm") ||
         has_word(command.words, "/bin/rm");
}

}  // namespace

RemovedPaths::RemovedPaths(std::span<const ScriptCommand> commands) {
  const bool xargs_removes = std::ranges::any_of(commands, [](const ScriptCommand& command) {
    return program_of(command.words) == "xargs" && removes(command);
  });
  for (const ScriptCommand& command : commands) {
    if (paths_.size() > kMaxPaths || found_.size() > kMaxPaths) return;
    const std::string_view program = program_of(command.words);
    if (program == "find") {
      if (removes(command) || xargs_removes) add_found(command);
      continue;
    }
    if (program != "mv" && program != "rm" && program != "unlink" && program != "rmdir") continue;
    std::vector<std::string> operands = operands_of(command);
    if (program == "mv") {
      const bool target_first = std::ranges::any_of(command.words, [](const std::string& word) {
        return word == "-t" || word.starts_with("--target-directory");
      });
      if (!operands.empty() && !target_first) operands.pop_back();
    }
    for (const std::string& operand : operands)
      add(command, operand);
  }
}

void RemovedPaths::add(const ScriptCommand& command, std::string_view word) {
  if (auto path = path_of(command, word); path && *path != "/") paths_.push_back(std::move(*path));
}

void RemovedPaths::add_found(const ScriptCommand& command) {
  const ShellCommand& words = command.words;
  std::string name;
  for (std::size_t i = 1; i + 1 < words.size(); ++i)
    if (words[i] == "-name" || words[i] == "-iname") name = words[i + 1];
  for (std::size_t i = 1; i < words.size() && !words[i].starts_with('-'); ++i)
    if (auto path = path_of(command, words[i])) found_.push_back({std::move(*path), name});
}

bool RemovedPaths::take(std::string_view path) const {
  const auto is_found = [&](const Found& found) {
    return is_within(path, found.directory) &&
           (found.name.empty() || matches_glob(found.name, last_part(path)));
  };
  return std::ranges::any_of(paths_, [&](const std::string& one) { return takes_in(one, path); }) ||
         std::ranges::any_of(found_, is_found);
}

bool RemovedPaths::empty_out(std::string_view directory) const {
  const auto empties = [&](const std::string& path) {
    const bool is_inside = has_wildcard(path) && parent_of(path) == directory;
    return is_inside || takes_in(path, directory);
  };
  const auto is_found = [&](const Found& found) { return is_within(directory, found.directory); };
  return std::ranges::any_of(paths_, empties) || std::ranges::any_of(found_, is_found);
}

}  // namespace cbuild::frontend
