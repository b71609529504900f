// Formats the findings of the rules as text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cbuild::build {
struct Request;
}

namespace cbuild::graph {
struct Diagnostic;
}

namespace cbuild::cli {

/// As a build shows them at its end: place, rule, message, and where more is to be read.
std::string warnings_text(const std::vector<graph::Diagnostic>& findings,
                          const build::Request& request);

/// As `--check` shows them, in docker's form: a line that counts them, then each.
std::string check_text(const std::vector<graph::Diagnostic>& findings,
                       const build::Request& request);

/// "2 warnings have been found!"
std::string count_text(std::size_t count);

}  // namespace cbuild::cli
