// Draws diagnostics: the lines of the Dockerfile with the place underlined.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cbuild/graph/diagnostic.h"

namespace cbuild::frontend {

/// The lines around `range` with the range underlined, under a heading
/// "NAME:LINE". Control characters are made visible.
std::string excerpt(std::string_view name, std::string_view text, const graph::SourceRange& range);

/// The same for several diagnostics, in their order. Each but the last has its message and its hint
/// below its lines: those of the last one are the message and the hint of the error thrown.
std::string excerpt(std::string_view name,
                    std::string_view text,
                    std::span<const graph::Diagnostic> diagnostics);

}  // namespace cbuild::frontend
