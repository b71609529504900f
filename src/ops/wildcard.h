// Wildcards of COPY sources, matched against a directory tree.
#pragma once

#include <functional>
#include <string>

namespace cbuild::layer {
class RootTree;
}

namespace cbuild::ops {

/// The directory part of `pattern` before its first wildcard: "a/b" of "a/b/*.c", "" of "*.c".
std::string literal_directory(const std::string& pattern);

/// Calls `found` for every path in `root` that matches `pattern` (clean, relative), each directory
/// in the order of its names. '*', '?' and [a-z] match within one component. Links are followed
/// before the first wildcard only, as BuildKit does. @throws PatternError
void for_each_match(const layer::RootTree& root,
                    const std::string& pattern,
                    const std::function<void(const std::string& path)>& found);

}  // namespace cbuild::ops
