// Finding the command; see dispatch.h.
#include "src/cli/dispatch.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "cbuild/util/error.h"
#include "src/cli/command.h"
#include "src/cli/foreign_commands.h"
#include "src/cli/help.h"

namespace cbuild::cli {

namespace {

// declare_globals() in session.cpp declares the same.
constexpr std::array<std::string_view, 4> kGlobalOptions = {"--root", "--isolation", "--color",
                                                            "--log-level"};

/// How many words the global option at the front takes; 0 = it is none.
std::size_t global_words(std::span<const std::string> words) {
  if (words.front() == "-q" || words.front() == "--quiet") return 1;
  for (const std::string_view name : kGlobalOptions) {
    if (words.front() == name) return std::min<std::size_t>(2, words.size());
    const bool joined = words.front().size() > name.size() && words.front().starts_with(name) &&
                        words.front()[name.size()] == '=';
    if (joined) return 1;
  }
  return 0;
}

bool means_build(const std::string& word,
                 const std::function<bool(const std::string&)>& is_directory) {
  // No command has a slash: what has one is a context, though it may be misspelt.
  if (word.starts_with('-') || word.find('/') != std::string::npos || word.starts_with("git@"))
    return true;
  return find_foreign_command(word) == nullptr && is_directory(word);
}

}  // namespace

Dispatch dispatch(std::span<const std::string> words,
                  const std::function<bool(const std::string&)>& is_directory) {
  std::size_t at = 0;
  while (at < words.size()) {
    const std::size_t taken = global_words(words.subspan(at));
    if (taken == 0) break;
    at += taken;
  }
  if (at == words.size()) return {};
  const std::string& word = words[at];
  if (word == "-h" || word == "--help") return {};
  if (word == "--version" || word == "-v") return {Dispatch::Kind::version, nullptr, {}};

  Dispatch result{Dispatch::Kind::command, find_command(word), {words.begin(), words.end()}};
  if (result.entry != nullptr) {
    result.words.erase(result.words.begin() + static_cast<std::ptrdiff_t>(at));
    return result;
  }
  if (!means_build(word, is_directory)) {
    Error error = unknown_command(word);
    if (is_directory(word))
      error.with_hint(fmt::format("'cbuild ./{}' builds the directory of that name", word));
    throw error;
  }
  result.entry = find_command("build");
  return result;
}

}  // namespace cbuild::cli
