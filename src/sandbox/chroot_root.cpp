// Renames things into place and back; see chroot_root.h.
#include "src/sandbox/chroot_root.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>

#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/rootfs_path.h"
#include "src/sandbox/host_view.h"
#include "src/sandbox/kept_times.h"
#include "src/sandbox/report.h"
#include "src/sandbox/setup_failure.h"
#include "src/sandbox/stubs.h"
#include "src/sandbox/syscalls.h"
#include "src/sandbox/tree_copy.h"

namespace cbuild::sandbox {

namespace {

bool is_same(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

struct stat status_of(const Fd& file) {
  struct stat status {};

  if (::fstat(file.get(), &status) != 0) throw SysError("fstat");
  return status;
}

/// Whether the entry is the file behind `thing`; false when there is none.
bool is_at(int directory, const std::string& name, const Fd& thing) {
  struct stat found {};

  return ::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 &&
         is_same(found, status_of(thing));
}

/// A path in two: the directory and the last name.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

/// Where the file behind a descriptor is now; nullopt when it is nowhere.
std::optional<std::string> current_path(const Fd& thing) {
  try {
    std::string path = read_link(AT_FDCWD, "/proc/self/fd/" + std::to_string(thing.get()));
    if (is_at(AT_FDCWD, path, thing)) return path;
  } catch (const SysError&) {  // its path is too long
  }
  return std::nullopt;
}

void rename_at(const Fd& from, const std::string& name, const Fd& to, const std::string& new_name) {
  if (::renameat(from.get(), name.c_str(), to.get(), new_name.c_str()) != 0)
    throw SysError("rename {} to {}", name, new_name);
}

const std::string& target_of(const Mount& mount) {
  return std::visit([](const auto& one) -> const std::string& { return one.target; }, mount);
}

}  // namespace

struct ChrootRoot::Placed {
  Fd thing;
  Fd parent;
  std::string name;
  std::optional<std::string> covered;  ///< what was there: its name in the aside directory
  Fd origin;                           ///< the directory that a borrowed one was in
  std::string original;                ///< its name there
  bool is_secret = false;
};

ChrootRoot::ChrootRoot(const Spec& spec, StubList& stubs)
    : spec_(spec),
      stubs_(stubs),
      base_(open_directory(spec.root.base)),
      root_(open_at(base_.get(), spec.root.upper, O_PATH | O_DIRECTORY)),
      upper_(open_at(base_.get(), spec.root.upper, O_RDONLY | O_DIRECTORY)),
      aside_name_(spec.root.upper + ".aside") {
  remove_tree(base_.get(), aside_name_);
  if (::mkdirat(base_.get(), aside_name_.c_str(), 0700) != 0)
    throw SysError("make {}", aside_name_);
  aside_ = open_at(base_.get(), aside_name_, O_RDONLY | O_DIRECTORY);
  try {
    place_all();
  } catch (...) {
    restore();
    throw;
  }
}

ChrootRoot::~ChrootRoot() {
  try {
    restore();
  } catch (const Error&) {  // a destructor cannot report it
  }
}

std::string ChrootRoot::new_name() {
  return std::to_string(names_++);
}

void ChrootRoot::place_all() {
  const std::string dev = new_name();
  devices_ = make_device_directory(aside_, dev);
  place("/dev", dev, /*is_directory=*/true);
  const std::string proc = new_name();
  make_proc_directory(aside_, proc);
  place("/proc", proc, /*is_directory=*/true);
  const std::string sys = new_name();
  if (::mkdirat(aside_.get(), sys.c_str(), 0555) != 0) throw SysError("make {}", sys);
  place("/sys", sys, /*is_directory=*/true);
  if (spec_.hosts) place_in_etc("hosts", *spec_.hosts + own_host_line());
  if (spec_.resolv_conf) place_in_etc("resolv.conf", *spec_.resolv_conf);
  // Secrets come last: nobody empties them when cbuild is killed while a large tree is copied.
  for (const bool secrets : {false, true}) {
    for (std::size_t i = 0; i < spec_.mounts.size(); ++i) {
      // Not with_context(): what setup_failure() says is complete.
      if (std::holds_alternative<MemoryFile>(spec_.mounts[i]) == secrets) place_mount(i);
    }
  }
}

void ChrootRoot::place_mount(std::size_t index) {
  const Mount& mount = spec_.mounts[index];
  const std::string& target = target_of(mount);
  const auto copy = [&](const Fd& source) {
    const std::string name = new_name();
    with_context("mount " + target, [&] { copy_tree(source, aside_, name); });
    place(target, name, S_ISDIR(status_of(source).st_mode));
  };
  std::visit(overloaded{
                 [&](const BindMount& bind) {
                   if (!bind.read_only) return place_borrowed(target, bind.source);
                   copy(duplicate(bind.source));
                 },
                 [](const OverlayBind&) {},  // refused by check_spec()
                 [&](const TmpfsMount& tmpfs) {
                   const std::string name = new_name();
                   if (::mkdirat(aside_.get(), name.c_str(), 0700) != 0)
                     throw SysError("make {}", name);
                   set_mode(open_itself(aside_, name), tmpfs.mode & 07777);
                   place(target, name, /*is_directory=*/true);
                 },
                 [&](const MemoryFile& file) {
                   const std::string name = new_name();
                   make_file(aside_, name, file.content, 0600);
                   const Fd itself = open_itself(aside_, name);
                   set_owner(itself, file.uid, file.gid);
                   set_mode(itself, file.mode & 07777);
                   place(target, name, /*is_directory=*/false).is_secret = true;
                 },
             },
             mount);
}

/// Opens the directory and makes room at the name.
ChrootRoot::Placed& ChrootRoot::cover(const std::string& directory, const std::string& name) {
  auto placed = std::make_unique<Placed>();
  placed->parent = open_in_root(root_, directory.empty() ? "/" : directory, O_RDONLY | O_DIRECTORY);
  placed->name = name;
  const KeptTimes times(placed->parent.get());
  std::string covered = new_name();
  if (::renameat(placed->parent.get(), name.c_str(), aside_.get(), covered.c_str()) == 0) {
    placed->covered = std::move(covered);
  } else if (errno != ENOENT) {
    throw SysError("move {}/{} of the root file system aside", directory, name);
  }
  placed_.push_back(std::move(placed));
  return *placed_.back();
}

ChrootRoot::Placed& ChrootRoot::place(const std::string& target,
                                      const std::string& made,
                                      bool is_directory) {
  const RootView view{root_.get(), upper_.get(), mount_id_of(root_.get()), &stubs_};
  const std::size_t first_stub = stubs_.count;
  Fd point(open_inside(root_.get(), target.c_str(), O_PATH));
  if (!point && errno == ENOENT) {
    point = Fd(make_stub(view, target.c_str(), is_directory));
    const int error = errno;
    finish_stubs(view, first_stub);
    errno = error;
  }
  int error = point ? 0 : errno;
  const std::string resolved = point ? resolve_in_root(root_, target) : "";
  if (point && S_ISDIR(status_of(point).st_mode) != is_directory)
    error = is_directory ? ENOTDIR : EISDIR;
  if (point && resolved == "/") error = EBUSY;
  if (error != 0) throw mount_failure(target, error);
  const auto [directory, name] = split_path(resolved);
  Placed& placed = cover(directory, name);
  Fd thing = open_itself(aside_, made);
  const KeptTimes times(placed.parent.get());
  rename_at(aside_, made, placed.parent, name);
  placed.thing = std::move(thing);  // from here on restore() takes it away
  return placed;
}

void ChrootRoot::place_in_etc(const std::string& name, const std::string& content) {
  const std::string made = new_name();
  make_file(aside_, made, content, 0644);
  const RootView view{root_.get(), upper_.get(), mount_id_of(root_.get()), &stubs_};
  const std::size_t first_stub = stubs_.count;
  if (!Fd(open_inside(root_.get(), "/etc", O_PATH | O_DIRECTORY))) {
    if (errno != ENOENT || !Fd(make_stub(view, "/etc", /*directory=*/true)))
      throw mount_failure("/etc/" + name, errno);
    finish_stubs(view, first_stub);
  }
  Placed& placed = cover("/etc", name);
  placed.thing = open_itself(aside_, made);
  const KeptTimes times(placed.parent.get());
  rename_at(aside_, made, placed.parent, name);
}

void ChrootRoot::place_borrowed(const std::string& target, int source) {
  Fd thing = duplicate(source);
  const std::string inside = path_of_root() + "/";
  const auto path = current_path(thing);
  if (!path) throw Error("mount {}: its source has no path", target);
  if (path->starts_with(inside)) {
    throw Error(ErrorKind::build,
                "cannot mount one directory on {} and on another path: without mount(2) it can be "
                "at one place only",
                target);
  }
  const auto [directory, original] = split_path(*path);
  // A directory of its own stands in for it, so that place() finds room for one.
  const std::string made = new_name();
  Fd origin = open_file(directory.empty() ? "/" : directory, O_PATH | O_DIRECTORY);
  if (::renameat(origin.get(), original.c_str(), aside_.get(), made.c_str()) != 0) {
    SysError error("mount {}: move {} into the root file system", target, *path);
    error.with_hint(
        "without mount(2) a writable mount has to be on the file system of the root file system");
    throw error;
  }
  const bool is_directory = S_ISDIR(status_of(thing).st_mode);
  try {
    Placed& placed = place(target, made, is_directory);
    placed.origin = std::move(origin);
    placed.original = original;
  } catch (...) {
    ::renameat(aside_.get(), made.c_str(), origin.get(), original.c_str());
    throw;
  }
}

std::string ChrootRoot::path_of_root() const {
  return read_link(AT_FDCWD, "/proc/self/fd/" + std::to_string(root_.get()));
}

std::vector<ChrootUndo> ChrootRoot::undo_list() const {
  std::vector<ChrootUndo> list;
  for (const auto& placed : placed_ | std::views::reverse) {
    if (!placed->origin && !placed->is_secret && !placed->covered) continue;
    list.push_back({.thing = placed->thing.get(),
                    .parent = placed->parent.get(),
                    .name = placed->name.c_str(),
                    .origin = placed->origin.get(),
                    .original = placed->original.c_str(),
                    .is_secret = placed->is_secret,
                    .aside = aside_.get(),
                    .covered = placed->covered ? placed->covered->c_str() : nullptr});
  }
  return list;
}

/// The step may have renamed or removed it, which it cannot do to a mount point.
void ChrootRoot::give_back(const Placed& placed) {
  if (is_at(placed.parent.get(), placed.name, placed.thing)) {
    rename_at(placed.parent, placed.name, placed.origin, placed.original);
  } else if (const auto path = current_path(placed.thing)) {
    rename_at(Fd(::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC)), path->substr(1),
              placed.origin, placed.original);

  } else if (const struct stat status = status_of(placed.thing); S_ISDIR(status.st_mode)) {
    if (::mkdirat(placed.origin.get(), placed.original.c_str(), 0700) != 0)
      throw SysError("make {} again", placed.original);
    const Fd made = open_itself(placed.origin, placed.original);
    set_owner(made, status.st_uid, status.st_gid);
    set_mode(made, status.st_mode & 07777);
    return;
  }

  if (S_ISDIR(status_of(placed.thing).st_mode)) separate_from_outside(placed.thing);
}

void ChrootRoot::restore_one(Placed& placed) {
  const KeptTimes times(placed.parent.get());
  // Hard links to it may be left in the layer: they are empty files.
  if (placed.is_secret && !empty_file(placed.thing.get())) throw SysError("empty {}", placed.name);
  const auto discard = [&](const Fd& directory, const std::string& name) {
    if (::renameat(directory.get(), name.c_str(), aside_.get(), new_name().c_str()) != 0 &&
        errno != ENOENT) {
      throw SysError("remove {}", name);
    }
  };
  if (placed.origin) {
    give_back(placed);
  } else if (placed.thing && !is_at(placed.parent.get(), placed.name, placed.thing)) {
    if (const auto path = current_path(placed.thing))
      discard(open_file("/", O_PATH | O_DIRECTORY), path->substr(1));
  }
  discard(placed.parent, placed.name);  // ours, or what the step has put in its place
  if (!placed.covered) return;
  // Its directory may be gone: then the step has removed what was covered, too.
  if (::renameat(aside_.get(), placed.covered->c_str(), placed.parent.get(), placed.name.c_str()) !=
          0 &&
      errno != ENOENT) {
    throw SysError("move {} of the root file system back", placed.name);
  }
}

void ChrootRoot::restore() {
  if (!aside_) return;
  std::optional<Error> failure;
  while (!placed_.empty()) {
    try {
      restore_one(*placed_.back());
    } catch (const Error& error) {  // the others are to be restored all the same
      if (!failure) failure = error;
    }
    placed_.pop_back();
  }
  if (failure) {
    aside_ = Fd();
    failure->prepend("take away what was mounted for the step");
    throw Error(*failure);
  }
  remove_tree(base_.get(), aside_name_);
  aside_ = Fd();
  remove_stubs(spec_.root, stubs_);
}

}  // namespace cbuild::sandbox
