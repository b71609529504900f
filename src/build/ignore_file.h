// Ignore files: .dockerignore and its relatives.
#pragma once

#include <string>

namespace cbuild::ops {
struct Context;
}

namespace cbuild {
class IgnorePatterns;
}

namespace cbuild::build {

/// The patterns of an ignore file. @throws BuildFailed, with the lines that are none
IgnorePatterns parse_ignore_file(const std::string& name, const std::string& text);

/// `directory`, which --build-context gives under `name`, with the patterns of its own ignore file.
/// @throws Error(usage) when it cannot be opened, BuildFailed as parse_ignore_file()
ops::Context with_ignore_file(const std::string& name, const std::string& directory);

}  // namespace cbuild::build
