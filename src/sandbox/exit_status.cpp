// Exit statuses; see exit_status.h.
#include "src/sandbox/exit_status.h"

#include <fmt/core.h>
#include <sys/wait.h>

#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "src/sandbox/report.h"
#include "src/sandbox/setup_failure.h"

namespace cbuild::sandbox {

namespace {

ExitStatus killed() {
  return {.code = 128 + SIGKILL, .signal = SIGKILL};
}

/// As a shell.
int code_of(int error) noexcept {
  return error == ENOENT ? 127 : 126;
}

/// "permission denied"
std::string lower_case_reason(int error) {
  const char* known = ::strerrordesc_np(error);
  std::string text = known != nullptr ? known : fmt::format("error {}", error);
  text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

/// As a shell reports that a command cannot be executed.
ExitStatus not_executed(int error) {
  return {.code = code_of(error), .exec_error = error};
}

/// A program without an init, by waitid(2).
ExitStatus by_itself(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return {.code = end.si_status};
  return {.code = 128 + end.si_status, .signal = end.si_status};
}

/// The init ended, or was ended, before the process did.
ExitStatus lost_init(const siginfo_t& init) {
  // By the kernel when memory runs out, or by Process::signal(): the process went with it.
  if (init.si_code == CLD_KILLED && init.si_status == SIGKILL) return killed();
  if (init.si_code != CLD_EXITED) {
    throw Error("the init of the sandbox was ended by signal {} (this is a bug in cbuild)",
                init.si_status);
  }
  throw Error(
      "the init of the sandbox ended with code {} before the process did (this is a bug in "
      "cbuild)",
      init.si_status);
}

}  // namespace

ExitStatus read_status(const Spec& spec,
                       const Report& report,
                       const siginfo_t& init,
                       std::uint64_t process_limit) {
  if (report.error != 0) throw setup_failure(spec, report);
  if (report.exec_error != 0) return not_executed(report.exec_error);
  if (report.too_many_processes) {
    ExitStatus status = killed();
    status.too_many_processes = process_limit;
    return status;
  }
  if (!spec.init) return by_itself(init);
  if (!report.ended) return lost_init(init);
  const int status = report.wait_status;
  if (WIFSIGNALED(status)) return {.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status)};
}

std::optional<ExecFailure> exec_failure(const Command& command, const Report& report) {
  const int error = report.exec_error;
  if (error == 0) return std::nullopt;
  ExecFailure failure{.error = error, .code = code_of(error), .message = {}};
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
