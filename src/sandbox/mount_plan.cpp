// Lists the mounts of a run in order; see mount_plan.h.
#include "src/sandbox/mount_plan.h"

#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/overloaded.h"
#include "src/sandbox/device_nodes.h"
#include "src/sandbox/host_view.h"
#include "src/sandbox/network_namespace.h"
#include "src/sandbox/process_limit.h"
#include "src/sandbox/sysctl.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t kKernelAttributes =
    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// The paths that moby and containers mask: they tell about the host, or change it.
constexpr const char* kMaskedInProc[] = {
    "/proc/acpi",       "/proc/asound",        "/proc/interrupts",  "/proc/kcore",
    "/proc/keys",       "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
    "/proc/timer_list", "/proc/timer_stats",
};
constexpr const char* kMaskedInSys[] = {
    "/sys/dev/block",
    "/sys/firmware",
    "/sys/fs/selinux",
    "/sys/devices/virtual/powercap",
};
constexpr const char* kReadOnlyInProc[] = {
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

void plan_proc(std::vector<Step>& steps, const Spec& spec, std::uint64_t pid_max) {
  steps.push_back(MountStep{NewFilesystem{"proc", {}}, "/proc", kKernelAttributes,
                            /*optional=*/false, /*or_that_of_host=*/true});
  if (pid_max != 0) {
    const bool is_asked = spec.group_limits.pids != 0;
    steps.push_back(
        WriteStep{"/proc/sys/kernel/pid_max", std::to_string(pid_max),
                  is_asked ? "limit the number of processes (--pids-limit) by" : nullptr});
    steps.push_back(WriteStep{"/proc/sys/kernel/ns_last_pid", std::to_string(kReservedIds)});
  }
  for (const Sysctl& sysctl : spec.sysctls)
    steps.push_back(WriteStep{sysctl_path(sysctl.name), sysctl.value, "set the sysctl"});
  if (!spec.masks_system_paths) return;
  for (const char* path : kMaskedInProc)
    steps.push_back(MaskStep{path});
  for (const char* path : kReadOnlyInProc)
    steps.push_back(ReadOnlyStep{path});
}

void plan_dev(std::vector<Step>& steps, std::uint64_t shm_size) {
  const std::uint64_t quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  steps.push_back(
      MountStep{NewFilesystem{"tmpfs", {{"mode", "0755"}, {"size", "64m"}}}, "/dev", quiet});
  FillStep fill{.directory = "/dev",
                .directories = {"pts", "shm", "mqueue"},
                .files = {},
                .links = {{"ptmx", "pts/ptmx"},
                          {"core", "/proc/kcore"},
                          {"fd", "/proc/self/fd"},
                          {"stdin", "/proc/self/fd/0"},
                          {"stdout", "/proc/self/fd/1"},
                          {"stderr", "/proc/self/fd/2"}}};
  for (const DeviceNode& node : kDevices)
    fill.files.emplace_back(node.name);
  steps.push_back(std::move(fill));
  for (const DeviceNode& node : kDevices) {
    const std::string path = std::string("/dev/") + node.name;
    steps.push_back(MountStep{HostTree{path, false, makedev(node.major, node.minor)}, path});
  }
  steps.push_back(MountStep{
      NewFilesystem{"devpts", {{"newinstance", ""}, {"ptmxmode", "0666"}, {"mode", "0620"}}},
      "/dev/pts", quiet});
  steps.push_back(
      MountStep{NewFilesystem{"tmpfs", {{"mode", "1777"}, {"size", std::to_string(shm_size)}}},
                "/dev/shm", kKernelAttributes});
  steps.push_back(
      MountStep{NewFilesystem{"mqueue", {}}, "/dev/mqueue", kKernelAttributes, /*optional=*/true});
}

/// sysfs shows the network namespace of its mounter, and only the owner of that namespace may mount
/// it. With the host's network, /sys of the host is bind-mounted instead. A user namespace cannot
/// separate it from the mounts in it (debugfs, tracefs, bpf, pstore, …), so these are masked.
void plan_sys(std::vector<Step>& steps, const Spec& spec, const HostView& host) {
  const std::uint64_t attributes = kKernelAttributes | MOUNT_ATTR_RDONLY;
  if (is_own_network(spec.network)) {
    steps.push_back(MountStep{NewFilesystem{"sysfs", {}}, "/sys", attributes,
                              /*optional=*/false, /*or_that_of_host=*/true});
  } else {
    steps.push_back(MountStep{HostTree{"/sys", /*recursive=*/true}, "/sys", attributes});
    for (const std::string& path : host.sys_mounts)
      steps.push_back(MaskStep{path});
  }
  if (host.cgroup2) {
    steps.push_back(MountStep{NewFilesystem{"cgroup2", {}}, "/sys/fs/cgroup", attributes,
                              /*optional=*/true});
  }
  if (!spec.masks_system_paths) return;
  for (const char* path : kMaskedInSys)
    steps.push_back(MaskStep{path});
}

void plan_etc(std::vector<Step>& steps, const Spec& spec, const HostView& host) {
  const auto add = [&](const char* name, std::string content) {
    steps.push_back(MountStep{ScratchFile{name, std::move(content), 0644},
                              std::string("/etc/") + name, MOUNT_ATTR_RDONLY | kKernelAttributes});
  };
  if (spec.hosts) add("hosts", *spec.hosts + host.host_line);
  if (spec.resolv_conf) add("resolv.conf", *spec.resolv_conf);
}

std::string octal(std::uint32_t mode) {
  return fmt::format("{:04o}", mode & 07777);
}

MountStep plan_mount(const Mount& mount, std::size_t index) {
  const std::uint64_t harmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  const auto given = [&](const std::string& target, bool read_only) {
    return MountStep{GivenTree{index}, target, read_only ? MOUNT_ATTR_RDONLY : 0U};
  };
  return std::visit(overloaded{
                        [&](const BindMount& bind) { return given(bind.target, bind.read_only); },
                        [&](const OverlayBind& bind) { return given(bind.target, bind.read_only); },
                        [&](const TmpfsMount& tmpfs) {
                          NewFilesystem filesystem{"tmpfs", {{"mode", octal(tmpfs.mode)}}};
                          if (tmpfs.size != 0)
                            filesystem.options.emplace_back("size", std::to_string(tmpfs.size));
                          for (const auto& [key, id] :
                               {std::pair("uid", tmpfs.uid), std::pair("gid", tmpfs.gid)}) {
                            if (id != 0) filesystem.options.emplace_back(key, std::to_string(id));
                          }
                          return MountStep{std::move(filesystem), tmpfs.target,
                                           harmless | (tmpfs.read_only ? MOUNT_ATTR_RDONLY : 0U) |
                                               (tmpfs.executable ? 0U : MOUNT_ATTR_NOEXEC)};
                        },
                        [&](const MemoryFile& file) {
                          return MountStep{ScratchFile{fmt::format("file-{}", index), file.content,
                                                       file.mode & 07777, file.uid, file.gid},
                                           file.target, harmless | MOUNT_ATTR_RDONLY};
                        },
                    },
                    mount);
}

}  // namespace

std::vector<Step> plan_mounts(const Spec& spec, const HostView& host, std::uint64_t pid_max) {
  std::vector<Step> steps;
  plan_proc(steps, spec, pid_max);
  plan_dev(steps, spec.shm_size);
  plan_sys(steps, spec, host);
  for (const std::string& path : host.private_files) {
    if (spec.masks_system_paths &&
        std::ranges::find(kMaskedInProc, path) == std::end(kMaskedInProc)) {
      steps.push_back(MaskStep{path});
    }
  }
  plan_etc(steps, spec, host);
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    steps.push_back(plan_mount(spec.mounts[i], i));
  }
  return steps;
}

}  // namespace cbuild::sandbox
