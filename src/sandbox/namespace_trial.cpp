// A child that shares our memory tries; see namespace_trial.h.
#include "src/sandbox/namespace_trial.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <string>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/sandbox/id_map.h"
#include "src/sandbox/signals_blocked.h"

namespace cbuild::sandbox {

namespace {

/// The value of a sysctl, without its newline; empty when there is none.
std::string sysctl(const std::string& name) {
  const auto text = read_file_if_exists("/proc/sys/" + name);
  return text ? std::string(trim(*text)) : std::string();
}

constexpr const char* kAppArmorHint =
    "kernel.apparmor_restrict_unprivileged_userns is 1: give cbuild an AppArmor profile with "
    "'userns,', or as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";

constexpr const char* kMountHint =
    "something forbids mount(2) here, as the seccomp or AppArmor profile of a container does: "
    "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined";

constexpr const char* kMapHint =
    "root lacks CAP_SETFCAP here, or an AppArmor or seccomp profile forbids it";

bool apparmor_restricts() {
  return sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1";
}

Error refusal_to_unshare(int code) {
  Error error(ErrorKind::machine, "create a user namespace: {}",
              SysError::from_code(code, "unshare").what());
  const bool is_root = ::geteuid() == 0;
  if (sysctl("user/max_user_namespaces") == "0") {
    error =
        Error(ErrorKind::machine, "user namespaces are disabled (user.max_user_namespaces is 0)");
    error.with_hint("as root: sysctl -w user.max_user_namespaces=15000");
  } else if (sysctl("kernel/unprivileged_userns_clone") == "0" && !is_root) {
    error = Error(ErrorKind::machine,
                  "only root may create user namespaces (kernel.unprivileged_userns_clone is 0)");
    error.with_hint("as root: sysctl -w kernel.unprivileged_userns_clone=1");
  } else if (apparmor_restricts() && !is_root) {
    error.with_hint(kAppArmorHint);
  } else if (code == ENOSPC) {
    error.with_hint(
        "the limit user.max_user_namespaces is reached, or user namespaces are nested too deep");
  } else if (code == EPERM) {
    error.with_hint(
        "the seccomp profile of a container forbids it (docker: --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined); in a chroot it is impossible");
  } else if (code == EINVAL) {
    error = Error(ErrorKind::machine,
                  "create a user namespace: this process already has a second thread, or the "
                  "kernel has no user namespaces");
  }
  return error;
}

/// Shared with the child, which neither throws nor allocates.
struct Trial {
  std::string map;
  NamespaceStage stage = NamespaceStage::map;
  int error = 0;
};

bool write_map(const std::string& map) noexcept {
  const Fd file(::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), map.data(), map.size()) == static_cast<ssize_t>(map.size());
}

int try_inside(void* argument) noexcept {
  auto& trial = *static_cast<Trial*>(argument);
  if (!write_map(trial.map)) {
    trial.error = errno;
  } else if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    trial.stage = NamespaceStage::mount;
    trial.error = errno;
  }
  ::_exit(0);
}

}  // namespace

std::optional<Error> try_namespaces() {
  constexpr std::size_t kStackSize = 64 * 1024;
  const auto stack = std::make_unique_for_overwrite<std::byte[]>(kStackSize);
  Trial trial{.map = to_text({{0, ::geteuid(), 1}})};
  pid_t child = -1;
  {
    const SignalsBlocked blocked;
    child = ::clone(try_inside, stack.get() + kStackSize,
                    CLONE_VM | CLONE_VFORK | CLONE_NEWUSER | CLONE_NEWNS, &trial);
  }
  // For want of processes or memory nothing is known; ENOSPC is a limit of namespaces.
  if (child < 0 && errno != ENOSPC && is_fault_of_machine(errno)) throw SysError("start a process");
  if (child < 0) return namespace_refusal(NamespaceStage::unshare, errno);
  while (::waitpid(child, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  if (trial.error == 0) return std::nullopt;
  return namespace_refusal(trial.stage, trial.error);
}

const char* apparmor_or(const char* hint) {
  return apparmor_restricts() ? kAppArmorHint : hint;
}

Error namespace_refusal(NamespaceStage stage, int code) {
  if (stage == NamespaceStage::unshare) return refusal_to_unshare(code);
  const bool is_map = stage == NamespaceStage::map;
  const SysError why =
      SysError::from_code(code, is_map ? "write /proc/self/uid_map or gid_map" : "mount");
  Error error(ErrorKind::machine, "{}: {}", is_map ? "map the only id" : "make all mounts private",
              why.what());
  error.with_hint(apparmor_or(is_map ? kMapHint : kMountHint));
  return error;
}

}  // namespace cbuild::sandbox
