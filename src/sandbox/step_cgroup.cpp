// Makes, fills and removes the control group of a step; see step_cgroup.h.
#include "src/sandbox/step_cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/random.h"
#include "cbuild/util/text.h"
#include "src/sandbox/cgroup_limits.h"
#include "src/sandbox/cgroup_parents.h"

namespace cbuild::sandbox {

namespace {

constexpr std::string_view kPrefix = "cbuild-step-";

/// Groups of builds that were killed. One in use is locked, or has processes.
void sweep(const Fd& parent) {
  for (const auto& [name, type] : list_directory(parent.get())) {
    if (!name.starts_with(kPrefix)) continue;
    const Fd group(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (group && try_lock(group, LockMode::exclusive)) {
      ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR);
    }
  }
}

/// By more than the process id: in pid namespaces of their own several processes are the first.
std::string next_name() {
  return fmt::format("{}{}-{}", kPrefix, ::getpid(), random_hex(6));
}

std::string text_for(const CgroupFile& file, const CgroupParent& parent) {
  if (!file.text.empty()) return file.text;
  return std::string(trim(read_file(parent.path + "/" + file.name)));
}

void set_limit(const CgroupFile& file, const CgroupParent& parent, int group) {
  if (write_cgroup_file(group, file.name, text_for(file, parent))) return;
  if (errno == ENOENT && file.optional) {
    log_info("{} is not limited: this kernel has no {}", file.flag, file.name);
    return;
  }
  const SysError reason("write {} to {} of a group in {}", text_for(file, parent), file.name,
                        parent.path);
  throw Error(ErrorKind::machine, "{} cannot be enforced: {}", file.flag, reason.what());
}

}  // namespace

/// A group in one hierarchy, locked while it is in use.
class StepCgroup::Group {
 public:
  explicit Group(const CgroupParent& parent) : parent_(open_cgroup_parent(parent)) {
    sweep(parent_);
    constexpr int kTries = 5;
    for (int i = 0; i < kTries && !lock_; ++i) {
      name_ = next_name();
      if (::mkdirat(parent_.get(), name_.c_str(), 0755) != 0 && errno != EEXIST) break;
      Fd group(::openat(parent_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      // Somebody else's sweep may have been quicker, and taken it for a left-over.
      if (group && try_lock(group, LockMode::exclusive)) lock_ = std::move(group);
    }
    if (!lock_) throw SysError("create a control group in {}", parent.path);
    procs_ = Fd(::openat(lock_.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
    if (!procs_) {
      const SysError error("open cgroup.procs of a control group in {}", parent.path);
      remove();
      throw error;
    }
  }

  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  ~Group() { remove(); }

  int fd() const noexcept { return lock_.get(); }

  int procs() const noexcept { return procs_.get(); }

  void abandon() noexcept { lock_ = Fd(); }

 private:
  void remove() noexcept {
    if (!lock_) return;
    // The last of its processes may be in the kernel's books for a moment longer.
    constexpr int kTries = 200;
    constexpr useconds_t kPause = 1000;
    for (int i = 0; i < kTries; ++i) {
      if (::unlinkat(parent_.get(), name_.c_str(), AT_REMOVEDIR) == 0 || errno != EBUSY) return;
      ::usleep(kPause);
    }
  }

  Fd parent_;
  std::string name_;
  Fd lock_;   ///< the group itself, locked
  Fd procs_;  ///< whoever writes "0" to it is in the group from then on
};

StepCgroup::StepCgroup(std::span<const CgroupParent> parents, const GroupLimits& limits) {
  for (const CgroupParent& parent : parents) {
    const Group& group = *groups_.emplace_back(std::make_unique<Group>(parent));
    for (const std::string_view controller : parent.controllers) {
      for (const CgroupFile& file : cgroup_files(controller, parent.version, limits)) {
        set_limit(file, parent, group.fd());
      }
      if (controller == "memory") target_.memory = group.fd();
    }
    target_.all.push_back(group.fd());
    if (parent.version == CgroupVersion::v2) {
      target_.directory = group.fd();
      target_.procs = group.procs();
      // The group above may hand the controller down to all, whatever is asked for here.
      if (::faccessat(group.fd(), "memory.events", F_OK, 0) == 0) target_.memory = group.fd();
    } else {
      target_.further.push_back(group.procs());
    }
  }
}

StepCgroup::~StepCgroup() = default;

void StepCgroup::abandon() noexcept {
  for (const auto& group : groups_)
    group->abandon();
}

}  // namespace cbuild::sandbox
