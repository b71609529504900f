// RUN --mount; see exec_mounts.h.
#include "src/ops/exec_mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/rootfs_path.h"

namespace cbuild::ops {

namespace {

using graph::ExecMount;

constexpr int kMaxPrivateCaches = 256;
constexpr int kLockPoll = 50;  // milliseconds

/// Owner and mode are part of which cache it is, as in BuildKit. A digest, so that no id can be a
/// path.
std::string cache_name(const ExecMount& mount) {
  KeyHasher hasher;
  hasher.add("id", mount.id.empty() ? mount.target : mount.id)
      .add("mode", mount.mode.value_or(0755))
      .add("uid", mount.uid.value_or(0))
      .add("gid", mount.gid.value_or(0));
  return to_hex(hasher.finish());
}

Fd make_cache(const std::string& directory, const ExecMount& mount) {
  make_directories(directory, 0700);
  const std::string data = directory + "/data";
  if (::mkdir(data.c_str(), 0700) == 0) {
    if (::chown(data.c_str(), mount.uid.value_or(0), mount.gid.value_or(0)) != 0)
      throw SysError("chown {}", data);
    if (::chmod(data.c_str(), mount.mode.value_or(0755)) != 0) throw SysError("chmod {}", data);
  } else if (errno != EEXIST) {
    throw SysError("make directory {}", data);
  }
  return open_file(data, O_PATH | O_DIRECTORY);
}

}  // namespace

void ExecMounts::add(const ExecMount& mount, const MountSource& source) {
  switch (mount.type) {
    case ExecMount::Type::bind:
      return add_bind(mount, source);
    case ExecMount::Type::cache:
      return add_cache(mount);
    case ExecMount::Type::tmpfs:
      mounts_.push_back(sandbox::TmpfsMount{mount.target, mount.size, 01777});
      return;
    case ExecMount::Type::secret:
    case ExecMount::Type::ssh:
      break;
  }
  throw Error(ErrorKind::usage, "RUN --mount of this type is not supported yet");
}

void ExecMounts::add_bind(const ExecMount& mount, const MountSource& source) {
  if (source.stack && mount.read_only) {
    mounts_.push_back(sandbox::OverlayBind{store_.snapshots().view(*source.stack), mount.source,
                                           mount.target, true});
    return;
  }
  scratch_.push_back(store_.snapshots().prepare(source.stack));
  store::ActiveSnapshot& copy = scratch_.back();
  if (source.stack) {
    mounts_.push_back(sandbox::OverlayBind{copy.mount(), mount.source, mount.target, false});
    return;
  }
  if (source.fill) source.fill(copy);
  descriptors_.push_back(open_in_root(copy.upper(), mount.source, O_PATH));
  mounts_.push_back(sandbox::BindMount{descriptors_.back().get(), mount.target, mount.read_only});
}

/// Takes the lock that `sharing` asks for on the first instance; `private` goes on to further ones
/// instead of waiting.
Fd ExecMounts::lock_cache(const std::string& directory, ExecMount::Sharing sharing) const {
  make_directories(directory, 0700);
  Fd fd = open_directory(directory);
  const int operation = sharing == ExecMount::Sharing::shared ? LOCK_SH : LOCK_EX;
  while (::flock(fd.get(), operation | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw SysError("lock {}", directory);
    if (sharing == ExecMount::Sharing::private_) return {};
    pollfd cancelled{cancel_.fd(), POLLIN, 0};
    ::poll(&cancelled, 1, kLockPoll);
    cancel_.check();
  }
  return fd;
}

/// In the order of their names, as everybody does: no two steps wait for each other.
void ExecMounts::lock_caches(const std::vector<ExecMount>& mounts) {
  std::map<std::string, ExecMount::Sharing> wanted;
  for (const ExecMount& mount : mounts) {
    if (mount.type != ExecMount::Type::cache) continue;
    const auto known = wanted.emplace(cache_name(mount), mount.sharing).first;
    // Mounted twice, the stricter wish counts.
    if (mount.sharing == ExecMount::Sharing::locked) known->second = mount.sharing;
  }
  for (const auto& [name, sharing] : wanted)
    caches_[name] = lock_instance(name, sharing);
}

std::string ExecMounts::lock_instance(const std::string& name, ExecMount::Sharing sharing) {
  const std::string base = store_.root() + "/cache-mounts/" + name;
  for (int instance = 0; instance < kMaxPrivateCaches; ++instance) {
    std::string directory = instance == 0 ? base : fmt::format("{}-{}", base, instance);
    Fd lock = lock_cache(directory, sharing);
    if (!lock) continue;
    descriptors_.push_back(std::move(lock));
    return directory;
  }
  throw Error("more than {} steps use one private cache at once", kMaxPrivateCaches);
}

void ExecMounts::add_cache(const ExecMount& mount) {
  if (mount.input >= 0) {
    throw Error(ErrorKind::usage, "RUN --mount=type=cache with from= is not supported yet");
  }
  if (!mount.source.empty() && mount.source != "/") {
    throw Error(ErrorKind::usage, "RUN --mount=type=cache with source= is not supported yet");
  }
  const std::string name = cache_name(mount);
  if (!caches_.contains(name)) caches_[name] = lock_instance(name, mount.sharing);
  descriptors_.push_back(make_cache(caches_[name], mount));
  mounts_.push_back(sandbox::BindMount{descriptors_.back().get(), mount.target, mount.read_only});
}

}  // namespace cbuild::ops
