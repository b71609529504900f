// Docker's words for a program that cannot be executed; see exec_failure.h.
#include "src/sandbox/exec_failure.h"

#include <fmt/core.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <string>

#include "cbuild/sandbox/command.h"
#include "cbuild/sandbox/exec_failure.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

namespace {

/// "permission denied"
std::string lower_case_reason(int error) {
  const char* known = ::strerrordesc_np(error);
  std::string text = known != nullptr ? known : fmt::format("error {}", error);
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

int exec_failure_code(int error) noexcept {
  return error == ENOENT ? 127 : 126;
}

std::optional<ExecFailure> exec_failure(const Command& command, const Report& report) {
  const int error = report.exec_error;
  if (error == 0) return std::nullopt;
  ExecFailure failure{.error = error, .code = exec_failure_code(error), .message = {}};
  const std::string& name = command.argv.front();
  const std::string reason = lower_case_reason(error);
  if (report.executed != nullptr) {  // found; of a script its interpreter may be missing
    failure.message = fmt::format("exec {}: {}", report.executed, reason);
  } else if (error != ENOENT) {
    failure.message = fmt::format("exec: \"{}\": {}", name, reason);
  } else if (name.find('/') == std::string::npos) {
    failure.message = fmt::format("exec: \"{}\": executable file not found in $PATH", name);
  } else {
    failure.message = fmt::format("exec: \"{0}\": stat {0}: {1}", name, reason);
  }
  return failure;
}

}  // namespace cbuild::sandbox
