// Resolves names of commits: branches and tags of a server, ids.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::ops {

struct GitCommit;

/// The output of git ls-remote.
struct RemoteRefs {
  std::map<std::string, std::string> ids;  ///< by full name; "NAME^{}": what the tag points to
  std::string head;                        ///< the branch that HEAD is

  static RemoteRefs parse(const std::string& list);

  /// Length of the ids; 0 when there are none.
  std::size_t digits() const { return ids.empty() ? 0 : ids.begin()->second.size(); }

  std::optional<GitCommit> find(const std::string& name) const;
};

/// The full names that `ref` may mean, best first: branches before tags, as in git checkout.
std::vector<std::string> full_names(const std::string& ref);

bool is_full_commit(std::string_view text);

/// 4 to 39 hexadecimal digits.
bool may_be_abbreviated(std::string_view text);

}  // namespace cbuild::ops
