// Build arguments that are meant for the builder: BUILDKIT_….
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

namespace cbuild::build {

/// The .git directory of a repository that is a context is kept.
inline constexpr const char* kKeepGitDirectory = "BUILDKIT_CONTEXT_KEEP_GIT_DIR";

/// Whether `build_args` has NAME with a yes, in one of the spellings that BuildKit takes.
inline bool is_switched_on(const std::map<std::string, std::string>& build_args,
                           const std::string& name) {
  constexpr std::array<std::string_view, 6> kYes = {"1", "t", "T", "true", "TRUE", "True"};
  const auto found = build_args.find(name);
  return found != build_args.end() && std::ranges::count(kYes, found->second) != 0;
}

}  // namespace cbuild::build
