// Scopes of tokens: which actions on which repository.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::registry {

/// "repository:NAME:ACTIONS".
std::string repository_scope(std::string_view name, std::string_view actions);

/// The scopes of a token request: ours (blank-separated, may be empty) and what the challenge asks
/// for beyond them. Sorted.
std::vector<std::string> merge_scopes(std::string_view ours, std::string_view challenged);

/// Whether every scope of `narrow` (blank-separated) is covered by one of `wide`.
bool covers_all(std::string_view wide, std::string_view narrow);

}  // namespace cbuild::registry
