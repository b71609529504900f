// Names of commits; see git_refs.h.
#include "src/ops/sources/git_refs.h"

#include "cbuild/ops/git_commit.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

std::string with_prefix(std::string_view prefix, const std::string& ref) {
  return ref.starts_with(prefix) ? ref : std::string(prefix) + ref;
}

}  // namespace

RemoteRefs RemoteRefs::parse(const std::string& list) {
  constexpr std::string_view kLink = "ref: ";
  RemoteRefs refs;
  for (const std::string& line : split(list, '\n')) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) continue;
    if (line.starts_with(kLink)) {
      refs.head = line.substr(kLink.size(), tab - kLink.size());
    } else {
      refs.ids[line.substr(tab + 1)] = line.substr(0, tab);
    }
  }
  return refs;
}

std::optional<GitCommit> RemoteRefs::find(const std::string& name) const {
  const auto found = ids.find(name);
  if (found == ids.end()) return std::nullopt;
  const std::string ref = name == "HEAD" ? head : name;
  const auto peeled = ids.find(name + "^{}");
  if (peeled == ids.end()) return GitCommit{found->second, ref, {}};
  return GitCommit{peeled->second, ref, found->second};
}

std::vector<std::string> full_names(const std::string& ref) {
  if (ref.empty()) return {"HEAD"};
  return {with_prefix("refs/", ref), with_prefix("refs/heads/", ref),
          with_prefix("refs/tags/", ref), ref};
}

bool is_full_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && is_hex(text);
}

bool may_be_abbreviated(std::string_view text) {
  return text.size() >= 4 && text.size() < 40 && is_hex(text);
}

}  // namespace cbuild::ops
