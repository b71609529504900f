// Errors with the lines to blame; see build_failed.h.
#include "cbuild/build/build_failed.h"

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/excerpt.h"

namespace cbuild::build {

std::string BuildFailed::excerpt() const {
  return frontend::excerpt(name_, text_, faults_);
}

void rethrow_with_lines(const std::string& name, const std::string& text) {
  try {
    throw;
  } catch (const frontend::DockerfileError& error) {
    throw BuildFailed(error, name, text, error.diagnostics());
  } catch (const frontend::ResolveError& error) {
    throw BuildFailed(error, name, text,
                      {{.range = error.range(), .message = error.what(), .hint = error.hint()}});
  }
}

}  // namespace cbuild::build
