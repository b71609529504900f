// The `# syntax=` directive, which other builders use to fetch a frontend.
#pragma once

#include <optional>

#include "frontend/dockerfile/ast.h"

namespace cbuild::frontend {

/// What to tell the user when the file asks for a frontend other than Docker's. Nothing is ever
/// fetched. BUILDKIT_SYNTAX among the build arguments goes before the directive.
std::optional<Warning> check_syntax(const ast::Directives& directives, const Options& options);

}  // namespace cbuild::frontend
