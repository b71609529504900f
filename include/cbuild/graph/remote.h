// URLs of git repositories: what they name.
#pragma once

#include <optional>
#include <string_view>

namespace cbuild::graph {

struct GitSource;

/// Parses the URL of a git repository: git://, ssh://, user@host:path, and
/// http(s) whose path ends in ".git", each with "#REF:SUBDIRECTORY", a query ("?ref=", branch, tag,
/// checksum, subdir, submodules, keep-git-dir, mtime, fetch-by-commit), or both where they agree.
/// nullopt for anything else.
/// @throws Error(usage) for one that is a repository's, but ill-formed or dangerous: what begins
/// with '-' would be an option to git.
std::optional<GitSource> parse_git_source(std::string_view text);

}  // namespace cbuild::graph
