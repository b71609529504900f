// Sources by name and by wildcard; see select.h.
#include "src/ops/select.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/util/error.h"
#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "src/ops/blame.h"
#include "src/ops/parents.h"
#include "src/ops/paths.h"
#include "src/ops/source_check.h"
#include "src/ops/tree_walk.h"
#include "src/ops/wildcard.h"

namespace cbuild::ops {

namespace {

/// Selects what one source without --parents names. A literally named source must exist and be
/// taken; a match of a wildcard that is left out is skipped.
class NamedSource {
 public:
  NamedSource(const FileTree& tree, const TreeWalk& walk, const SourceCheck& check)
      : tree_(tree), walk_(walk), check_(check) {}

  std::vector<SelectedSource> select() {
    const std::string path = clean_path("/", check_.word()).substr(1);
    if (tree_.wildcards && has_wildcard(path)) {
      check_.require_literal_directory(path);
      for_each_match(tree_.root, path, [&](const std::string& found) { add_match(found); });
    } else {
      add_literal(path);
    }
    return std::move(selected_);
  }

 private:
  /// A file or directory of the tree, and the facts that decide whether it is taken.
  struct Candidate {
    SelectedSource source;
    std::string resolved;  ///< its path, free of links
    bool is_socket = false;
  };

  void add_literal(const std::string& path) {
    Candidate candidate = look_at(path, check_.word());
    const std::string& resolved = candidate.resolved;
    if (is_hidden(path, candidate) || is_hidden(resolved, candidate)) {
      check_.refuse_ignored(tree_.ignores(path) ? path : resolved, check_.word());
    }
    if (candidate.is_socket && !walk_.takes_sockets()) check_.refuse_socket(check_.word());
    selected_.push_back(std::move(candidate.source));
  }

  void add_match(const std::string& path) {
    if (tree_.ignores(path) && !tree_.may_reinclude_below(path)) return;
    Candidate candidate = look_at(path, path);
    if (is_hidden(path, candidate) || is_hidden(candidate.resolved, candidate)) return;
    if (candidate.is_socket && !walk_.takes_sockets()) return;
    selected_.push_back(std::move(candidate.source));
  }

  Candidate look_at(const std::string& path, const std::string& shown) const {
    auto found = check_.require(path, shown);
    const struct stat& status = found.status;
    Candidate candidate;
    candidate.is_socket = S_ISSOCK(status.st_mode);
    candidate.source.name = last_component(path);
    candidate.source.directory = S_ISDIR(status.st_mode);
    if (candidate.source.directory) {
      candidate.source.entries = walk_.list(found.path, "");
    } else if (!walk_.excludes(candidate.source.name)) {
      SelectedEntry& entry = candidate.source.entries.emplace_back();
      entry.path = found.path;
      entry.status = status;
    }
    candidate.resolved = std::move(found.path);
    return candidate;
  }

  /// An ignored directory is taken only if the ignore file re-includes something beneath it.
  bool is_hidden(const std::string& path, const Candidate& candidate) const {
    const SelectedSource& source = candidate.source;
    return tree_.ignores(path) && (!source.directory || source.entries.empty());
  }

  const FileTree& tree_;
  const TreeWalk& walk_;
  const SourceCheck& check_;
  std::vector<SelectedSource> selected_;
};

}  // namespace

Selection select(FileTree owned,
                 const graph::Copy& op,
                 const CancelToken& cancel,
                 std::size_t input) {
  Selection selection;
  const FileTree& tree = selection.own(std::move(owned));
  const TreeWalk walk(tree, op, cancel);
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    if (op.input_of(i) != input) continue;
    const SourceCheck check(tree, op, op.sources[i]);
    // A bad pattern is reported at the word that holds it.
    auto sources = blaming<PatternError>(op.sources[i], [&] {
      return op.parents ? select_with_parents(tree, walk, check)
                        : NamedSource(tree, walk, check).select();
    });
    for (SelectedSource& source : sources) {
      source.source = i;
      source.tree = &tree;
    }
    std::ranges::move(sources, std::back_inserter(selection.sources));
  }
  return selection;
}

std::vector<Error> missing_sources(const FileTree& tree, const graph::Copy& op, std::size_t input) {
  std::vector<Error> errors;
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const std::string& word = op.sources[i];
    if (op.input_of(i) != input || op.parents) continue;
    const SourceCheck check(tree, op, word);
    const std::string path = clean_path("/", word).substr(1);
    try {
      if (has_wildcard(path)) {
        check.require_literal_directory(path);
      } else {
        check.require(path, word);
      }
    } catch (const Error& error) {
      if (error.subject().empty()) throw;
      // A source that starts with '#' is a trailing comment, and the words after it belong to it:
      // it is reported alone.
      if (word.starts_with('#')) return {error};
      errors.push_back(error);
    }
  }
  return errors;
}

}  // namespace cbuild::ops
