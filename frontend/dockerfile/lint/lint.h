// Runs the rules over a Dockerfile.
#pragma once

#include <vector>

namespace cbuild::graph {
struct Diagnostic;
}

namespace cbuild::frontend {

struct LintInput;

/// Runs all rules that Options and comments do not silence. The findings are in order of the file.
std::vector<graph::Diagnostic> lint(const LintInput& input);

}  // namespace cbuild::frontend
