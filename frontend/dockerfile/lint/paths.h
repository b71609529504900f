// Paths in a root file system, as the rules compare them: absolute and clean.
#pragma once

#include <string>
#include <string_view>

namespace cbuild::frontend {

/// `path` as seen from `directory`.
std::string absolute_path(std::string_view directory, std::string_view path);

/// `path` is `directory` or beneath it.
bool is_within(std::string_view path, std::string_view directory);

/// match_path(), but a pattern that cannot be read matches.
bool matches_glob(std::string_view pattern, std::string_view text);

/// The word `pattern` of a shell takes `path` or a directory above it.
bool takes_in(const std::string& pattern, std::string_view path);

/// "/" of "/a".
std::string parent_of(const std::string& path);

/// The part after the last slash.
std::string_view last_part(std::string_view path);

}  // namespace cbuild::frontend
