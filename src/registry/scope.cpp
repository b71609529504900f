// Compares scopes; see scope.h.
#include "src/registry/scope.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cbuild/util/text.h"

namespace cbuild::registry {

namespace {

/// A scope in its parts: "repository:host:5000/name" and {"pull", "push"}.
struct Scope {
  std::string resource;
  std::set<std::string> actions;
};

Scope split_scope(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {std::string(text), {}};
  Scope scope{std::string(text.substr(0, colon)), {}};
  for (std::string& action : split(text.substr(colon + 1), ',')) {
    if (!action.empty()) scope.actions.insert(std::move(action));
  }
  return scope;
}

bool covers(const Scope& wide, const Scope& narrow) {
  return wide.resource == narrow.resource && std::ranges::includes(wide.actions, narrow.actions);
}

}  // namespace

bool covers_all(std::string_view wide, std::string_view narrow) {
  const std::vector<std::string> available = split(wide, ' ');
  return std::ranges::all_of(split(narrow, ' '), [&](const std::string& wanted) {
    return std::ranges::any_of(available, [&](const std::string& scope) {
      return covers(split_scope(scope), split_scope(wanted));
    });
  });
}

std::string repository_scope(std::string_view name, std::string_view actions) {
  return fmt::format("repository:{}:{}", name, actions);
}

std::vector<std::string> merge_scopes(std::string_view ours, std::string_view challenged) {
  std::set<std::string> scopes;
  for (std::string& scope : split(ours, ' ')) {
    if (!scope.empty()) scopes.insert(std::move(scope));
  }
  for (std::string& scope : split(challenged, ' ')) {
    if (!scope.empty() && (ours.empty() || !covers_all(ours, scope))) {
      scopes.insert(std::move(scope));
    }
  }
  return {scopes.begin(), scopes.end()};
}

}  // namespace cbuild::registry
