// Checks a Dockerfile without building it: for --check.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::graph {
struct Diagnostic;
}

namespace cbuild::frontend {

class ImageResolver;
struct CheckResult;
struct Options;

/// Those of `findings` that fail a check, and a build with error=true: they are of BuildKit's
/// rules. What our own rules find is advice.
std::vector<graph::Diagnostic> violations_among(std::span<const graph::Diagnostic> findings);

/// The message when violations are errors: "lint violation found for rules: A, B".
std::string text_of(std::span<const graph::Diagnostic> violations);

/// Reads the Dockerfile as a build does, but every stage unless there is a target, and returns all
/// findings. @throws Error(usage) for a wrong target or check option, and the errors of the
/// resolver
CheckResult check(std::string_view dockerfile, const Options& options, ImageResolver& resolver);

}  // namespace cbuild::frontend
