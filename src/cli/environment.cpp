// Environment variables; see environment.h.
#include "src/cli/environment.h"

#include <cstdlib>

namespace cbuild::cli {

std::optional<std::string> process_environment(const char* name) {
  // Before any thread is started nobody changes the environment; later it is only read.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace cbuild::cli
