// What a check of a Dockerfile found.
#pragma once

#include <optional>
#include <vector>

#include "cbuild/frontend/diagnostic.h"

namespace cbuild::frontend {

struct CheckResult {
  std::vector<Diagnostic> findings;      ///< in order of the file
  std::optional<DockerfileError> error;  ///< why the file cannot be built, if so
  bool findings_are_errors = false;      ///< check=error=true
};

}  // namespace cbuild::frontend
