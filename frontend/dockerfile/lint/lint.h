// Runs the rules over a Dockerfile.
#pragma once

#include <vector>

#include "cbuild/graph/diagnostic.h"
#include "frontend/dockerfile/lint/stage_view.h"

namespace cbuild::frontend {

/// Runs all rules that Options and comments do not silence. The findings are in order of the file.
std::vector<Diagnostic> lint(const LintInput& input);

}  // namespace cbuild::frontend
