// Rules of the mount plan: what is mounted where, in which order, with which attributes.
#include "src/sandbox/mount_plan.h"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <map>

#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/network.h"
#include "cbuild/sandbox/spec.h"
#include "src/sandbox/host_view.h"
#include "src/sandbox/mount_step.h"

namespace cbuild::sandbox {

namespace {

/// The mounts of a plan on `target`, in order.
std::vector<MountStep> mounts_on(const std::vector<Step>& plan, const std::string& target) {
  std::vector<MountStep> found;
  for (const Step& step : plan) {
    const auto* mount = std::get_if<MountStep>(&step);
    if (mount != nullptr && mount->target == target) found.push_back(*mount);
  }
  return found;
}

template <typename Kind>
std::vector<std::string> targets_of(const std::vector<Step>& plan) {
  std::vector<std::string> targets;
  for (const Step& step : plan) {
    if (const auto* found = std::get_if<Kind>(&step)) targets.push_back(found->target);
  }
  return targets;
}

bool has(const std::vector<std::string>& texts, const std::string& text) {
  return std::ranges::find(texts, text) != texts.end();
}

}  // namespace

TEST_CASE("plan_mounts hides and protects what the kernel tells about the host") {
  const auto plan = plan_mounts({}, {});
  for (const char* path : {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/acpi",
                           "/proc/interrupts", "/sys/firmware"}) {
    CAPTURE(path);
    CHECK(has(targets_of<MaskStep>(plan), path));
  }
  for (const char* path :
       {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"}) {
    CAPTURE(path);
    CHECK(has(targets_of<ReadOnlyStep>(plan), path));
  }
}

TEST_CASE("plan_mounts mounts a new sysfs only where the network is the sandbox's own") {
  for (const Network network :
       {Network(HostNetwork{}), Network(NoNetwork{}), Network(JoinNetwork{3})}) {
    Spec spec;
    spec.network = network;
    const auto sys = mounts_on(plan_mounts(spec, {}), "/sys");
    REQUIRE(sys.size() == 1);
    CHECK((sys[0].attributes & MOUNT_ATTR_RDONLY) != 0);
    CHECK(std::holds_alternative<NewFilesystem>(sys[0].source) ==
          !std::holds_alternative<HostNetwork>(network));
  }
}

TEST_CASE("plan_mounts hides what is mounted in the sysfs of the host, and mounts cgroups anew") {
  const HostView host{.cgroup2 = true,
                      .sys_mounts = {"/sys/fs/cgroup", "/sys/kernel/debug"},
                      .private_files = {"/proc/kcore", "/proc/kpageflags"},
                      .host_line = ""};
  Spec spec;
  const auto plan = plan_mounts(spec, host);
  const auto masked = targets_of<MaskStep>(plan);
  for (const char* path : {"/sys/fs/cgroup", "/sys/kernel/debug", "/proc/kpageflags"}) {
    CAPTURE(path);
    CHECK(has(masked, path));
  }
  CHECK(std::ranges::count(masked, "/proc/kcore") == 1);
  const auto index_of = [&](auto&& wanted) {
    return std::ranges::find_if(plan, wanted) - plan.begin();
  };
  const auto mask = index_of([](const Step& step) {
    const auto* found = std::get_if<MaskStep>(&step);
    return found != nullptr && found->target == "/sys/fs/cgroup";
  });
  const auto mount = index_of([](const Step& step) {
    const auto* found = std::get_if<MountStep>(&step);
    return found != nullptr && found->target == "/sys/fs/cgroup";
  });
  CHECK(mask < mount);
  spec.network = NoNetwork{};  // a new sysfs has nothing mounted in it
  CHECK(!has(targets_of<MaskStep>(plan_mounts(spec, host)), "/sys/kernel/debug"));
}

TEST_CASE("plan_mounts checks that device nodes are what they are called") {
  const auto plan = plan_mounts({}, {});
  const std::map<std::string, dev_t> devices = {
      {"/dev/null", makedev(1, 3)},   {"/dev/zero", makedev(1, 5)},    {"/dev/full", makedev(1, 7)},
      {"/dev/random", makedev(1, 8)}, {"/dev/urandom", makedev(1, 9)}, {"/dev/tty", makedev(5, 0)}};
  for (const auto& [path, device] : devices) {
    CAPTURE(path);
    const auto mounts = mounts_on(plan, path);
    REQUIRE(mounts.size() == 1);
    CHECK(std::get<HostTree>(mounts[0].source).device == device);
  }
}

TEST_CASE("plan_mounts makes the mount points of /dev before something is mounted on them") {
  std::vector<std::string> made;
  for (const Step& step : plan_mounts({}, {})) {
    if (const auto* fill = std::get_if<FillStep>(&step)) {
      for (const auto& names : {fill->directories, fill->files}) {
        for (const std::string& name : names)
          made.push_back(fill->directory + "/" + name);
      }
    }
    const auto* mount = std::get_if<MountStep>(&step);
    if (mount == nullptr || !mount->target.starts_with("/dev/")) continue;
    CAPTURE(mount->target);
    CHECK(has(made, mount->target));
  }
  CHECK(!made.empty());
}

TEST_CASE("plan_mounts puts the mounts of the spec last, in order, with their indices") {
  Spec spec;
  spec.mounts = {TmpfsMount{.target = "/t", .size = 4096, .mode = 0700},
                 BindMount{.source = 7, .target = "/proc"},
                 BindMount{.source = 7, .target = "/dev/shm", .read_only = false},
                 MemoryFile{.target = "/run/secrets/s", .content = "x", .uid = 5}};
  const auto plan = plan_mounts(spec, {});
  REQUIRE(plan.size() > 4);
  const auto step = [&](std::size_t index) {
    return std::get<MountStep>(plan[plan.size() - 4 + index]);
  };
  CHECK(std::get<NewFilesystem>(step(0).source).options ==
        std::vector<MountOption>{{"mode", "0700"}, {"size", "4096"}});
  CHECK(std::get<GivenTree>(step(1).source).index == 1);
  CHECK((step(1).attributes & MOUNT_ATTR_RDONLY) != 0);
  CHECK(step(2).target == "/dev/shm");
  CHECK((step(2).attributes & MOUNT_ATTR_RDONLY) == 0);
  const auto file = std::get<ScratchFile>(step(3).source);
  CHECK(file.content == "x");
  CHECK(file.mode == 0400);
  CHECK(file.uid == 5);
  CHECK((step(3).attributes & MOUNT_ATTR_RDONLY) != 0);
}

TEST_CASE("plan_mounts gives the generated files of /etc their content") {
  Spec spec;
  spec.hostname = "box";
  spec.hosts = "127.0.0.1 localhost\n";
  spec.resolv_conf = "nameserver 1.1.1.1\n";
  const auto plan = plan_mounts(spec, {});
  const auto content = [&](const char* path) {
    return std::get<ScratchFile>(mounts_on(plan, path).at(0).source).content;
  };
  CHECK(content("/etc/hosts") == spec.hosts);
  CHECK(content("/etc/resolv.conf") == spec.resolv_conf);
  CHECK(
      mounts_on(plan, "/etc/hostname").empty());  // the image's own: what a step writes there stays
}

}  // namespace cbuild::sandbox
