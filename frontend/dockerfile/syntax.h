// The `# syntax=` directive, which other builders use to fetch a frontend.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cbuild/graph/diagnostic.h"

namespace cbuild::frontend {

namespace ast {
struct Directives;
}

struct Options;

/// The warning when the file asks for a frontend other than Docker's. Nothing is ever
/// fetched. The build argument BUILDKIT_SYNTAX overrides the directive.
std::optional<graph::Diagnostic> check_syntax(const ast::Directives& directives,
                                              const Options& options);

/// The frontend, not Docker's, that a file asks for which is no Dockerfile: in a line
/// `//syntax=NAME` at its top, or as the member "syntax" of a JSON object. Source: BuildKit's
/// DetectSyntax.
std::optional<std::string> foreign_frontend(std::string_view text);

}  // namespace cbuild::frontend
