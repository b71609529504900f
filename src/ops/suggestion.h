// Suggestions for a source that does not exist: "did you mean src/main.c?"
#pragma once

#include <optional>
#include <string>

namespace cbuild::ops {

struct FileTree;

/// The existing path nearest to `path` (clean, relative): with misspelt components corrected, or,
/// in a build context, the only path that ends in the same name. Ignored paths are not suggested.
std::optional<std::string> suggest_path(const FileTree& tree, const std::string& path);

}  // namespace cbuild::ops
