// Translates the report of a failed set-up; see setup_failure.h.
#include "src/sandbox/setup_failure.h"

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "src/sandbox/overlay_support.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

namespace {

constexpr auto kMostStubs = std::tuple_size_v<decltype(StubList::entries)>;

/// The Dockerfile wants a mount whose mount point does not fit the image.
std::optional<Error> mount_point_failure(int code, std::string_view target) {
  switch (code) {
    case ENOTDIR:  // only directories can be mounted on directories
      return Error(ErrorKind::build,
                   "cannot mount a directory on {}: the image has a file there, or in place of a "
                   "parent directory",
                   target);
    case EISDIR:
      return Error(ErrorKind::build, "cannot mount a file on {}: the image has a directory there",
                   target);
    case E2BIG: {
      Error error(ErrorKind::build,
                  "cannot mount on {}: the image does not contain it, and cbuild creates at most "
                  "{} directories and files for the mounts of a step, parents included",
                  target, kMostStubs);
      error.with_hint(
          "create the mount points in an earlier step, or mount one directory above them");
      return error;
    }
    default:
      return std::nullopt;
  }
}

std::string hint_for(const Report& report, std::string_view subject) {
  const std::string_view doing = report.doing;
  const bool is_refused = report.error == EPERM || report.error == EACCES;
  if (is_refused && doing == kMounting && (subject == "/proc" || subject == "/sys")) {
    return fmt::format(
        "parts of {0} are masked here, as in a container, and Linux then refuses a new mount of "
        "{0}: start the container with docker run --security-opt systempaths=unconfined, podman "
        "run --security-opt unmask=ALL, or procMount: Unmasked in Kubernetes",
        subject);
  }
  if (report.error == EBUSY && doing == kInstallingNotifications) {
    return "the container around cbuild has its own supervisor of system calls (seccomp, "
           "SCMP_ACT_NOTIFY), and Linux allows one: give this user subordinate ids, so that none "
           "is needed, or use another seccomp profile";
  }
  if (is_refused) {
    return "inside a container its seccomp or AppArmor profile may forbid it (docker run "
           "--security-opt seccomp=unconfined --security-opt apparmor=unconfined)";
  }
  if (report.error == EAGAIN) {
    return "a limit of processes is reached: see --pids-limit, 'ulimit -u', and pids.max of the "
           "control group";
  }
  return {};
}

}  // namespace

Error setup_failure(const Spec& spec, const Report& report) {
  const std::string_view doing = report.doing;
  const std::string subject = report.subject != nullptr ? report.subject : "";
  if (doing == kMountingRoot) return overlay_failure(spec.root, report.error);
  if (doing == kMounting) {
    if (auto failure = mount_point_failure(report.error, subject)) return *failure;
  }
  SysError error = SysError::from_code(
      report.error,
      fmt::format("set up the sandbox: {}{}{}", doing, subject.empty() ? "" : " ", subject));
  if (std::string hint = hint_for(report, subject); !hint.empty()) {
    error.with_hint(std::move(hint));
  }
  return error;
}

Error mount_failure(const std::string& target, int code) {
  if (auto failure = mount_point_failure(code, target)) return *failure;
  return SysError::from_code(code, fmt::format("mount on {}", target));
}

}  // namespace cbuild::sandbox
