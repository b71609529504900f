// Messages about a Dockerfile, and the errors that carry them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cbuild/graph/diagnostic.h"
#include "cbuild/util/error.h"

namespace cbuild::frontend {

using graph::Diagnostic;
using graph::Severity;
using graph::SourceRange;

/// The Dockerfile is wrong, at one place or at several that do not follow from each other. what()
/// is the message of the last one in the file.
class DockerfileError : public Error {
 public:
  DockerfileError(const SourceRange& range, const std::string& message)
      : DockerfileError(std::vector{Diagnostic{.range = range, .message = message}}) {}

  /// @pre not empty, in order of the file
  explicit DockerfileError(std::vector<Diagnostic> diagnostics)
      : Error(ErrorKind::usage, "{}", diagnostics.back().message),
        diagnostics_(std::move(diagnostics)) {}

  /// The range of the last diagnostic.
  const SourceRange& range() const noexcept { return diagnostics_.back().range; }

  const std::vector<Diagnostic>& diagnostics() const noexcept { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// The resolver failed to find a base image; `range` is where the Dockerfile names it. Keeps the
/// kind of its cause.
class ResolveError : public Error {
 public:
  ResolveError(const SourceRange& range, const Error& cause) : Error(cause), range_(range) {}

  const SourceRange& range() const noexcept { return range_; }

 private:
  SourceRange range_;
};

}  // namespace cbuild::frontend
