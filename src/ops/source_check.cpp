// Look-ups of sources and their error messages; see source_check.h.
#include "src/ops/source_check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/util/error.h"
#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/file_tree.h"
#include "src/ops/suggestion.h"
#include "src/ops/wildcard.h"

namespace cbuild::ops {

namespace {

std::string_view taker_of(const FileTree& tree, const graph::Copy& op) {
  if (!tree.taker.empty()) return tree.taker;
  return op.unpack_archives ? "ADD" : "COPY";
}

/// Advice that the spelling of a missing source suggests; empty when there is none.
std::string_view advice_about(std::string_view word, bool in_context) {
  if (word.starts_with('#')) return "a comment must be on a line of its own, which begins with #";
  if (word.starts_with("-") || word.starts_with("–") || word.starts_with("—")) {
    return "a flag begins with two hyphens (--) and stands before the sources";
  }
  if (word.find("://") != std::string_view::npos)
    return "URLs begin with http:// or https://, and only ADD takes them";
  if (!in_context) return {};
  if (word.starts_with("../")) {
    return "a source must be inside the build context, and .. does not lead out of it: use the "
           "parent directory as the context, and name the Dockerfile with --file";
  }
  if (word.starts_with('~'))
    return "~ is not a home directory here: sources are relative to the build context";
  if (word.starts_with('/')) {
    return "a leading / is the root of the build context, not of this machine";
  }
  return {};
}

}  // namespace

SourceCheck::SourceCheck(const FileTree& tree, const graph::Copy& op, const std::string& word)
    : tree_(tree), word_(word), taker_(taker_of(tree, op)) {}

std::string SourceCheck::resolve(const std::string& path, const std::string& shown) const {
  try {
    return tree_.root.resolve(path).substr(1);
  } catch (const SysError& error) {
    if (error.code() != ELOOP) throw;
    refuse(fmt::format("{} {}: its symbolic links form a loop", taker_, printable(shown)));
  }
}

SourceCheck::Found SourceCheck::require(const std::string& path, const std::string& shown) const {
  if (tree_.ignores(path) && !tree_.may_reinclude_below(path)) refuse_ignored(path, shown);
  std::string resolved = resolve(path, shown);
  const auto status = tree_.root.stat(resolved);
  if (!status) refuse_missing(path, shown);
  return {std::move(resolved), *status};
}

void SourceCheck::require_literal_directory(const std::string& pattern) const {
  const std::string directory = literal_directory(pattern);
  if (directory.empty()) return;
  if (tree_.ignores(directory) && !tree_.may_reinclude_below(directory)) {
    refuse_ignored(directory, word_);
  }
  if (!tree_.root.directory(directory)) {
    refuse_missing(directory, word_);
  }
}

void SourceCheck::refuse_ignored(const std::string& path, const std::string& shown) const {
  const auto rule = tree_.ignore->excluding_rule(path);
  refuse(fmt::format("{} {}: excluded by {}:{} `{}`", taker_, printable(shown),
                     printable(tree_.ignore_name), rule ? rule->line : 0,
                     rule ? printable(rule->text) : ""));
}

void SourceCheck::refuse_missing(const std::string& path, const std::string& shown) const {
  if (is_link(path)) {
    refuse(fmt::format("{} {}: links to {}, which is not in {}", taker_, printable(shown),
                       printable(resolve(path, shown)), tree_.description));
  }
  const auto suggestion = suggest_path(tree_, path);
  Error error(ErrorKind::usage, "{} {}: not in {}{}", taker_, printable(shown), tree_.description,
              suggestion ? fmt::format(" (did you mean {}?)", printable(*suggestion)) : "");
  if (!suggestion) error.with_hint(std::string(advice_about(shown, tree_.may_change)));
  throw error.with_subject(word_);
}

void SourceCheck::refuse_socket(const std::string& shown) const {
  refuse(fmt::format("{} is a socket, and an image cannot contain sockets", printable(shown)));
}

void SourceCheck::refuse(const std::string& message) const {
  throw Error(ErrorKind::usage, "{}", message).with_subject(word_);
}

bool SourceCheck::is_link(const std::string& path) const {
  const auto status = tree_.root.stat(path);
  return status && S_ISLNK(status->st_mode);
}

}  // namespace cbuild::ops
