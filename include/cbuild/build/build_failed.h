// The error of a build whose Dockerfile, or ignore file, is to blame.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cbuild/graph/diagnostic.h"
#include "cbuild/util/error.h"

namespace cbuild::build {

/// A step of the Dockerfile, or the Dockerfile itself, failed; with the places that are wrong.
class BuildFailed : public Error {
 public:
  /// @param name    of the file, as messages show it
  /// @param faults  in the order of the file; the last one is what `cause` says
  BuildFailed(const Error& cause,
              std::string name,
              std::string text,
              std::vector<graph::Diagnostic> faults)
      : Error(cause), name_(std::move(name)), text_(std::move(text)), faults_(std::move(faults)) {}

  const std::vector<graph::Diagnostic>& faults() const noexcept { return faults_; }

  /// Draws the lines with marks under what is wrong (frontend::excerpt()).
  std::string excerpt() const;

 private:
  std::string name_;
  std::string text_;
  std::vector<graph::Diagnostic> faults_;
};

/// Rethrows the current exception; what is wrong with the Dockerfile `text` as BuildFailed.
[[noreturn]] void rethrow_with_lines(const std::string& name, const std::string& text);

/// Runs `read`, which reads the Dockerfile `text`; what is wrong with the text is thrown as
/// BuildFailed.
template <typename Read>
auto with_lines(const std::string& name, const std::string& text, Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const Error&) {
    rethrow_with_lines(name, text);
  }
}

}  // namespace cbuild::build
