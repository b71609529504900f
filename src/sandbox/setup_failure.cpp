// Why a sandbox could not be set up; see setup_failure.h.
#include "src/sandbox/setup_failure.h"

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "src/sandbox/overlay_support.h"

namespace cbuild::sandbox {

namespace {

constexpr auto kMostStubs = std::tuple_size_v<decltype(StubList::entries)>;

/// What the Dockerfile wants and the image has no place for.
std::optional<Error> mount_point_failure(int code, std::string_view target) {
  switch (code) {
    case ENOTDIR:  // only directories can be mounted on directories
      return Error(
          ErrorKind::build,
          "cannot mount a directory on {}: the image has a file there, or on the way there",
          target);
    case EISDIR:
      return Error(ErrorKind::build, "cannot mount a file on {}: the image has a directory there",
                   target);
    case E2BIG: {
      Error error(
          ErrorKind::build,
          "cannot mount on {}: the image lacks it, and at most {} directories and files can "
          "be made for the mounts of a step, with those they are in",
          target, kMostStubs);
      error.with_hint("make them in an earlier step, or mount one directory above them");
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
        "parts of {} are covered here, as a container does it, and then Linux lets nobody mount "
        "another: docker run --security-opt systempaths=unconfined, podman run --security-opt "
        "unmask=ALL, procMount: Unmasked in Kubernetes",
        subject);
  }
  if (is_refused) {
    return "inside a container its seccomp or AppArmor profile may forbid it (docker run "
           "--security-opt seccomp=unconfined --security-opt apparmor=unconfined)";
  }
  if (report.error == EAGAIN) {
    return "there is no room for another process: see --ulimit nproc, 'ulimit -u', and pids.max of "
           "the control group";
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

}  // namespace cbuild::sandbox
