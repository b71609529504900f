// Sources of COPY; see selection.h.
#include "src/ops/selection.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "cbuild/solver/worker.h"
#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/paths.h"

namespace cbuild::ops {

namespace {

/// Runs `action`; a pattern that is none is the fault of `word`.
template <typename Action>
void blaming_pattern(const std::string& word, Action&& action) {
  try {
    std::forward<Action>(action)();
  } catch (const PatternError& error) {
    throw solver::WordError(word, error);
  }
}

IgnorePatterns patterns_of(const std::vector<std::string>& excludes) {
  for (const std::string& pattern : excludes)
    blaming_pattern(pattern, [&] { IgnorePatterns::of({pattern}); });
  return IgnorePatterns::of(excludes);
}

/// Walks a tree for one COPY.
class Selector {
 public:
  Selector(const Tree& tree, const graph::Copy& op, const CancelToken& cancel)
      : tree_(tree),
        keyword_(!tree.keyword.empty() ? tree.keyword
                 : op.unpack_archives  ? "ADD"
                                       : "COPY"),
        excludes_(patterns_of(op.excludes)),
        takes_sockets_(op.from_context),
        cancel_(cancel) {}

  std::vector<SelectedSource> run(const graph::Copy& op, std::size_t input) {
    for (std::size_t i = 0; i < op.sources.size(); ++i) {
      if (op.input_of(i) != input) continue;
      written_ = op.sources[i];
      const std::size_t begin = selection_.size();
      blaming_pattern(written_, [&] {
        if (op.parents) return add_with_parents(op.sources[i]);
        add_named(op.sources[i]);
      });
      for (std::size_t at = begin; at < selection_.size(); ++at) {
        selection_[at].source = i;
        selection_[at].tree = &tree_;
      }
    }
    return std::move(selection_);
  }

  std::vector<solver::WordError> missing(const graph::Copy& op, std::size_t input) {
    std::vector<solver::WordError> errors;
    for (std::size_t i = 0; i < op.sources.size(); ++i) {
      if (op.input_of(i) != input || op.parents) continue;
      written_ = op.sources[i];
      const std::string path = clean_path("/", written_).substr(1);
      try {
        if (has_wildcard(path)) {
          check_literal_part(path, written_);
        } else {
          check_there(path, written_);
        }
      } catch (const solver::WordError& error) {
        // Around what was meant as a comment nothing is what it seems.
        if (written_.starts_with('#')) return {error};
        errors.push_back(error);
      }
    }
    return errors;
  }

 private:
  /// How a source came to be taken: one that was named must be there, a match need not.
  struct Asked {
    std::string written;  ///< for messages
    bool matched;
  };

  void add_named(const std::string& source) {
    const std::string path = clean_path("/", source).substr(1);
    if (tree_.wildcards && has_wildcard(path)) {
      check_literal_part(path, source);
      match("", path, O_RDONLY | O_DIRECTORY, [&](const std::string& found) {
        if (!ignored(found) || reincludes_below(found)) add_source(found, {found, true});
      });
    } else {
      add_source(path, {source, false});
    }
  }

  /// --parents: what the pattern behind "/./" (or all of it) matches beneath the directories before
  /// it, with the directories on the way. The pattern may hold "**".
  void add_with_parents(const std::string& source) {
    const auto pivot = source.find("/./");
    const std::string base =
        clean_path("/", pivot == std::string::npos ? "/" : source.substr(0, pivot)).substr(1);
    const std::string pattern =
        clean_path("/", pivot == std::string::npos ? source : source.substr(pivot + 3)).substr(1);
    if (tree_.wildcards && has_wildcard(base)) {
      check_literal_part(base, source);
      match("", base, O_RDONLY | O_DIRECTORY, [&](const std::string& found) {
        const std::string resolved = resolve(found, source);
        if (is_directory(resolved)) add_beneath(resolved, pattern, {source, true});
      });
      return;
    }
    const std::string resolved = resolve(base, source);
    if (!is_directory(resolved)) refuse_missing(resolved, source);
    add_beneath(resolved, pattern, {source, false});
  }

  bool is_directory(const std::string& path) const {
    return try_open_in_root(tree_.root, path, O_PATH | O_DIRECTORY).has_value();
  }

  void add_beneath(const std::string& base, const std::string& pattern, const Asked& asked) {
    const std::string& source = asked.written;
    SelectedSource selected;
    selected.directory = true;
    if (pattern.empty()) {
      walk(base, "", selected.entries);
    } else {
      collect_matches(base, pattern, selected.entries);
      if (selected.entries.empty() && !asked.matched && !has_wildcard(pattern)) {
        const std::string path = join_path(base, pattern);
        if (ignored(path)) refuse_ignored(path, source);
        refuse_missing(path, source);
      }
    }
    selection_.push_back(std::move(selected));
  }

  /// The entries beneath `base` that `pattern` matches, all that is in matched directories, and the
  /// directories that lead there.
  void collect_matches(const std::string& base,
                       const std::string& pattern,
                       std::vector<SelectedEntry>& entries) {
    // The leading part without wildcards need not be searched for.
    std::string literal;
    if (!has_wildcard(pattern)) {
      literal = pattern;
    } else {
      literal = parent_of(pattern.substr(0, pattern.find_first_of("*?[\\")));
    }
    std::vector<SelectedEntry> parents;
    std::string top;
    for (const std::string& name : split(literal, '/')) {
      if (name.empty()) continue;
      const auto directory =
          try_open_in_root(tree_.root, join_path(base, top), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (!directory) return;
      auto entry = look_at(*directory, join_path(base, top), top, name);
      if (!entry) return;
      top = join_path(top, name);
      parents.push_back(std::move(*entry));
    }
    const IgnorePatterns wanted = IgnorePatterns::of({pattern});
    std::vector<SelectedEntry> found;
    if (parents.empty() || S_ISDIR(parents.back().status.st_mode)) {
      walk(join_path(base, top), top, found);
    }
    const bool whole = wanted.excludes(top) && !parents.empty();
    std::set<std::string, std::less<>> on_the_way;
    for (const SelectedEntry& entry : found) {
      if (entry.hidden || !wanted.excludes(entry.target)) continue;
      for (std::string at = parent_of(entry.target); at.size() > top.size(); at = parent_of(at))
        on_the_way.insert(at);
    }
    std::erase_if(found, [&](const SelectedEntry& entry) {
      return !wanted.excludes(entry.target) && !on_the_way.contains(entry.target);
    });
    if (found.empty() && (!whole || parents.back().hidden)) return;
    entries = std::move(parents);
    std::ranges::move(found, std::back_inserter(entries));
  }

  bool ignored(const std::string& path) const {
    return tree_.ignore != nullptr && !path.empty() && tree_.ignore->excludes(path);
  }

  bool reincludes_below(const std::string& path) const {
    return tree_.ignore != nullptr && tree_.ignore->may_reinclude_below(path);
  }

  /// A pattern may match nothing, but the directory it is looked for in must be there.
  void check_literal_part(const std::string& pattern, const std::string& written) const {
    const auto wildcard = pattern.find_first_of("*?[\\");
    const std::string directory = parent_of(pattern.substr(0, wildcard));
    if (directory.empty()) return;
    if (ignored(directory) && !reincludes_below(directory)) refuse_ignored(directory, written);
    if (!try_open_in_root(tree_.root, directory, O_PATH | O_DIRECTORY)) {
      refuse_missing(directory, written);
    }
  }

  /// Calls `found` for everything beneath `directory` (clean, exists or not) that matches the rest
  /// of a pattern. Links are followed (`flags` say so) up to the first wildcard, as BuildKit does.
  void match(const std::string& directory,
             const std::string& pattern,
             int flags,
             const std::function<void(const std::string& path)>& found) {
    const auto slash = pattern.find('/');
    const std::string first = pattern.substr(0, slash);
    const std::string rest = slash == std::string::npos ? "" : pattern.substr(slash + 1);
    const auto fd = try_open_in_root(tree_.root, directory, flags);
    if (!fd) return;
    if (has_wildcard(first)) flags |= O_NOFOLLOW;
    for (const DirectoryEntry& entry : list_directory(fd->get())) {
      if (!match_path(first, entry.name)) continue;
      const std::string path = join_path(directory, entry.name);
      if (!rest.empty()) {
        match(path, rest, flags, found);
      } else {
        found(path);
      }
    }
  }

  struct Found {
    std::string path;  ///< free of links
    Fd fd;
  };

  /// A source that is named, or was matched.
  Found check_there(const std::string& path, const std::string& written) const {
    if (ignored(path) && !reincludes_below(path)) refuse_ignored(path, written);
    std::string resolved = resolve(path, written);
    auto fd = try_open_in_root(tree_.root, resolved, O_PATH | O_NOFOLLOW);
    if (!fd) refuse_missing(path, written);
    return {std::move(resolved), std::move(*fd)};
  }

  void add_source(const std::string& path, const Asked& asked) {
    const auto [resolved, fd] = check_there(path, asked.written);
    SelectedSource source;
    source.name = last_component(path);

    struct stat status {};

    if (::fstat(fd.get(), &status) != 0) throw SysError("stat {}", asked.written);
    source.directory = S_ISDIR(status.st_mode);
    if (source.directory) {
      walk(resolved, "", source.entries);
    } else if (excludes_.empty() || !excludes_.excludes(source.name)) {
      SelectedEntry entry;
      entry.path = resolved;
      entry.status = status;
      source.entries.push_back(std::move(entry));
    }
    if (is_hidden(path, source) || is_hidden(resolved, source)) {
      if (!asked.matched) refuse_ignored(ignored(path) ? path : resolved, asked.written);
      return;
    }
    if (S_ISSOCK(status.st_mode) && !takes_sockets_) {
      if (asked.matched) return;
      refuse(fmt::format("{}: is a socket, which no image can hold", printable(asked.written)));
    }
    selection_.push_back(std::move(source));
  }

  /// An ignored source is there only for what is re-included below it.
  bool is_hidden(const std::string& path, const SelectedSource& source) const {
    return ignored(path) && (!source.directory || source.entries.empty());
  }

  /// Everything beneath `top`, whose target is `top_target`, without links being followed. Depth
  /// costs memory, not stack.
  void walk(const std::string& top,
            const std::string& top_target,
            std::vector<SelectedEntry>& entries) {
    std::vector<std::pair<std::string, std::string>> pending = {{top, top_target}};
    while (!pending.empty()) {
      cancel_.check();
      const auto [path, below] = std::move(pending.back());
      pending.pop_back();
      const Fd fd = open_in_root(tree_.root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      for (const DirectoryEntry& name : list_directory(fd.get())) {
        auto entry = look_at(fd, path, below, name.name);
        if (!entry) continue;
        if (S_ISDIR(entry->status.st_mode)) pending.emplace_back(entry->path, entry->target);
        entries.push_back(std::move(*entry));
      }
    }
    std::ranges::sort(entries, {}, &SelectedEntry::target);
    drop_unused_hidden(entries);
  }

  /// An ignored directory counts only when something beneath it was re-included.
  static void drop_unused_hidden(std::vector<SelectedEntry>& entries) {
    std::set<std::string, std::less<>> used;
    for (const SelectedEntry& entry : entries) {
      if (entry.hidden) continue;
      for (auto at = entry.target.find('/'); at != std::string::npos;
           at = entry.target.find('/', at + 1)) {
        used.insert(entry.target.substr(0, at));
      }
    }
    std::erase_if(entries, [&](const SelectedEntry& entry) {
      return entry.hidden && !used.contains(entry.target);
    });
  }

  std::optional<SelectedEntry> look_at(const Fd& directory,
                                       const std::string& path,
                                       const std::string& below,
                                       const std::string& name) const {
    SelectedEntry entry;
    entry.path = join_path(path, name);
    entry.target = join_path(below, name);
    const bool ignored_here = ignored(entry.path);
    const bool excluded = !excludes_.empty() && excludes_.excludes(entry.target);
    entry.hidden = ignored_here || excluded;
    if (ignored_here && !reincludes_below(entry.path)) return std::nullopt;
    if (excluded && !excludes_.may_reinclude_below(entry.target)) return std::nullopt;
    if (::fstatat(directory.get(), name.c_str(), &entry.status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return std::nullopt;  // went while we looked
      throw SysError("stat {}", entry.path);
    }
    if (S_ISSOCK(entry.status.st_mode) && !takes_sockets_) return std::nullopt;
    if (entry.hidden && !S_ISDIR(entry.status.st_mode)) return std::nullopt;
    if (S_ISLNK(entry.status.st_mode)) entry.link = read_link(directory.get(), name);
    return entry;
  }

  [[noreturn]] void refuse(const std::string& message) const {
    throw solver::WordError(written_, Error(ErrorKind::usage, "{}", message));
  }

  [[noreturn]] void refuse_ignored(const std::string& path, const std::string& written) const {
    const auto rule = tree_.ignore->excluding_rule(path);
    refuse(fmt::format("{} {}: excluded by {}:{} `{}`", keyword_, printable(written),
                       printable(tree_.ignore_name), rule ? rule->line : 0,
                       rule ? printable(rule->text) : ""));
  }

  bool is_link(const std::string& path) const {
    const auto fd = try_open_in_root(tree_.root, path, O_PATH | O_NOFOLLOW);

    struct stat status {};

    return fd && ::fstat(fd->get(), &status) == 0 && S_ISLNK(status.st_mode);
  }

  /// What `path` comes to when its links are followed.
  std::string resolve(const std::string& path, const std::string& written) const {
    try {
      return resolve_in_root(tree_.root, path).substr(1);
    } catch (const SysError& error) {
      if (error.code() != ELOOP) throw;
      refuse(fmt::format("{} {}: its links lead in a circle", keyword_, printable(written)));
    }
  }

  [[noreturn]] void refuse_missing(const std::string& path, const std::string& written) const {
    if (is_link(path)) {
      refuse(fmt::format("{} {}: links to {}, which is not in {}", keyword_, printable(written),
                         printable(resolve(path, written)), tree_.description));
    }
    const auto suggestion = suggestion_for(path);
    Error error(ErrorKind::usage, "{} {}: not in {}{}", keyword_, printable(written),
                tree_.description,
                suggestion ? fmt::format(" (did you mean {}?)", printable(*suggestion)) : "");
    if (!suggestion) error.with_hint(std::string(advice_about(written)));
    throw solver::WordError(written_, error);
  }

  /// What the way a source is written tells of the mistake.
  std::string_view advice_about(std::string_view written) const {
    if (written.starts_with('#')) return "a comment is a line of its own: it begins with #";
    if (written.starts_with("-") || written.starts_with("–") || written.starts_with("—")) {
      return "a flag begins with two hyphens (--) and stands before the sources";
    }
    if (written.find("://") != std::string_view::npos)
      return "URLs begin with http:// or https://, and only ADD takes them";
    if (!tree_.may_change) return {};
    if (written.starts_with("../")) {
      return "sources are looked for within the build context, which .. does not leave: build with "
             "the directory above as the context, and name the Dockerfile with --file";
    }
    if (written.starts_with('~'))
      return "~ is no home directory here: sources are relative to the build context";
    if (written.starts_with('/')) {
      return "a leading / is the root of the build context, not of this machine";
    }
    return {};
  }

  std::optional<std::string> suggestion_for(const std::string& path) const {
    try {
      return nearest_to(path);
    } catch (const SysError&) {  // a directory that may not be read
      return std::nullopt;
    }
  }

  /// The path with its first missing component, and those after it, written as something that is
  /// there; or something of its name elsewhere.
  std::optional<std::string> nearest_to(const std::string& path) const {
    std::string found;
    for (const std::string& name : split(path, '/')) {
      if (name.empty()) continue;
      const auto directory = try_open_in_root(tree_.root, found, O_RDONLY | O_DIRECTORY);
      if (!directory) return of_that_name(path);
      const std::vector<std::string> names = names_in(*directory, found);
      const bool is_there = std::ranges::find(names, name) != names.end();
      const auto near = is_there ? std::optional(name) : nearest(name, names);
      if (!near) return of_that_name(path);
      found = join_path(found, *near);
    }
    return found == path ? std::nullopt : std::optional(found);
  }

  std::vector<std::string> names_in(const Fd& directory, const std::string& path) const {
    std::vector<std::string> names;
    for (const DirectoryEntry& entry : list_directory(directory.get())) {
      if (!ignored(join_path(path, entry.name))) names.push_back(entry.name);
    }
    return names;
  }

  /// The only file or directory of the build context that has the last name of `path`.
  std::optional<std::string> of_that_name(const std::string& path) const {
    constexpr std::size_t kMostLookedAt = 20'000;
    if (!tree_.may_change) return std::nullopt;
    const std::string wanted = last_component(path);
    std::optional<std::string> found;
    std::size_t looked_at = 0;
    std::vector<std::string> pending = {""};
    while (!pending.empty()) {
      const std::string at = std::move(pending.back());
      pending.pop_back();
      const auto directory = try_open_in_root(tree_.root, at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (!directory) continue;
      for (const DirectoryEntry& entry : list_directory(directory->get())) {
        const std::string inner = join_path(at, entry.name);
        if (ignored(inner)) continue;
        if (++looked_at > kMostLookedAt || (found && entry.name == wanted)) return std::nullopt;
        if (entry.name == wanted) found = inner;
        if (entry.type == DT_DIR) pending.push_back(inner);
      }
    }
    return found;
  }

  const Tree& tree_;
  std::string_view keyword_;
  std::string written_;  ///< the source looked at
  IgnorePatterns excludes_;
  bool takes_sockets_;  ///< those of a context: the copy is an empty file
  const CancelToken& cancel_;
  std::vector<SelectedSource> selection_;
};

}  // namespace

std::vector<SelectedSource> select(const Tree& tree,
                                   const graph::Copy& op,
                                   const CancelToken& cancel,
                                   std::size_t input) {
  return Selector(tree, op, cancel).run(op, input);
}

std::vector<solver::WordError> missing_sources(const Tree& tree,
                                               const graph::Copy& op,
                                               const CancelToken& cancel,
                                               std::size_t input) {
  return Selector(tree, op, cancel).missing(op, input);
}

}  // namespace cbuild::ops
