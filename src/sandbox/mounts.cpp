// Mounts by descriptor, so that no path of the image is looked up twice; see mounts.h.
#include "src/sandbox/mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <span>
#include <utility>

#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/mount.h"
#include "cbuild/util/overloaded.h"
#include "src/sandbox/launch.h"
#include "src/sandbox/mount_step.h"
#include "src/sandbox/overlay.h"
#include "src/sandbox/report.h"
#include "src/sandbox/stubs.h"
#include "src/sandbox/syscalls.h"

namespace cbuild::sandbox {

namespace {

constexpr unsigned kEmptyPaths = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
constexpr unsigned kCloneFlags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
constexpr const char* kEmptyDirectory = ".empty";

/// A detached copy of what is mounted at an open file or directory.
Fd clone_tree(int fd, bool recursive) noexcept {
  return Fd(::open_tree(fd, "", kCloneFlags | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)));
}

bool set_attributes(int tree, std::uint64_t attributes) noexcept {
  if (attributes == 0) return true;
  mount_attr attr{};
  attr.attr_set = attributes;
  return ::mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) == 0;
}

Fd new_filesystem(const char* type,
                  std::span<const MountOption> options,
                  std::uint64_t attributes) noexcept {
  const Fd context(::fsopen(type, FSOPEN_CLOEXEC));
  if (!context) return {};
  for (const auto& [key, value] : options) {
    const int code =
        value.empty()
            ? ::fsconfig(context.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
            : ::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
    if (code != 0) return {};
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return {};
  return Fd(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
}

/// Whether `fd` is this character device. False: errno says why.
bool is_device(int fd, dev_t device) noexcept {
  struct stat status {};

  if (::fstat(fd, &status) != 0) return false;
  if (S_ISCHR(status.st_mode) && status.st_rdev == device) return true;
  errno = ENODEV;
  return false;
}

/// A detached copy of a path of the host. `device`: as of HostTree.
Fd host_tree(const char* path, dev_t device, bool recursive) noexcept {
  Fd tree(::open_tree(AT_FDCWD, path, kCloneFlags | (recursive ? AT_RECURSIVE : 0U)));
  if (!tree || device == 0 || is_device(tree.get(), device)) return tree;
  return {};
}

/// Performs the plan. A step that fails writes the report and ends the child.
class Mounter {
 public:
  explicit Mounter(Launch& launch) noexcept : launch_(launch), report_(*launch.report) {}

  void mount_all() noexcept {
    prepare_overlay_binds();
    mount_root();
    for (const Step& step : launch_.plan) {
      std::visit(overloaded{[&](const MountStep& s) { perform(s); },
                            [&](const MaskStep& s) { perform(s); },
                            [&](const ReadOnlyStep& s) { perform(s); },
                            [&](const FillStep& s) { perform(s); },
                            [&](const WriteStep& s) { perform(s); }},
                 step);
    }
    finish_stubs(view_);
    protect_root();
    pivot();
  }

 private:
  [[noreturn]] void fail(const char* doing, const char* subject) noexcept {
    const int error = errno;
    if (view_.stubs != nullptr) finish_stubs(view_);  // so that those made so far can be removed
    errno = error;
    sandbox::fail(report_, doing, subject);
  }

  /// Mounts the overlay of each OverlayBind at `base`, clones the wanted part as a detached tree
  /// and unmounts the overlay again. Before mount_root(), because that covers `base` and then leads
  /// away from the root of the host.
  void prepare_overlay_binds() noexcept {
    for (std::size_t i = 0; i < launch_.overlays.size(); ++i) {
      const PreparedOverlay& overlay = launch_.overlays[i];
      if (overlay.mount == nullptr) continue;
      const char* base = overlay.mount->base.c_str();
      const char* source = std::get<OverlayBind>(launch_.spec->mounts[i]).source.c_str();
      if (::chdir(base) != 0) fail("enter", base);
      if (!cover_base(overlay)) fail("mount the overlay of", source);
      const Fd root(::open(base, O_PATH | O_DIRECTORY | O_CLOEXEC));
      const Fd inside(open_inside(root.get(), source, O_PATH));
      if (!inside) fail("open the source of a mount", source);
      Fd tree = clone_tree(inside.get(), /*recursive=*/false);
      if (!tree) fail("bind", source);
      if (::umount2(base, MNT_DETACH) != 0) fail("unmount the overlay of", source);
      launch_.trees[i] = tree.release();
    }
  }

  /// Mounts on `base`, which only this mount namespace sees: first a ramfs for the files that exist
  /// only during the run, then the root on top of it.
  void mount_root() noexcept {
    const OverlayMount& mount = launch_.spec->root;
    if (::chdir(mount.base.c_str()) != 0) fail("enter", mount.base.c_str());
    if (!mount.upper.empty()) {
      upper_ = Fd(::open(mount.upper.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (!upper_) fail("open", mount.upper.c_str());
    }
    // Not tmpfs: pages of ramfs are never swapped out, so no secret is written to a disk.
    scratch_ = new_filesystem("ramfs", {}, 0);
    if (!scratch_) fail("make a ramfs", nullptr);
    if (!cover_base(scratch_)) fail("mount a ramfs on", mount.base.c_str());
    if (::mkdirat(scratch_.get(), kEmptyDirectory, 0555) != 0) {
      fail("make an empty directory", nullptr);
    }
    null_ = Fd(::open("/dev/null", O_PATH | O_CLOEXEC));
    if (!is_device(null_.get(), makedev(1, 3))) fail("open", "/dev/null");
    if (!cover_base(launch_.root)) fail(kMountingRoot, nullptr);
    root_ = Fd(::open(mount.base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root_) fail("open", mount.base.c_str());
    view_ = {root_.get(), upper_.get(), mount_id_of(root_.get()), &report_.stubs};
  }

  bool cover_base(const Fd& tree) noexcept {
    return ::move_mount(tree.get(), "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) == 0;
  }

  /// overlayfs needs two layers or an upper directory: a single read-only layer is bind-mounted,
  /// and so is a plain directory.
  bool cover_base(const PreparedOverlay& overlay) noexcept {
    const OverlayMount& mount = *overlay.mount;
    const bool is_plain = mount.is_plain_directory();
    const bool is_overlay = !is_plain && (!mount.upper.empty() || mount.lower.size() != 1);
    if (is_overlay) return mount_overlay(overlay, ".");
    const std::string& name = is_plain ? mount.upper : mount.lower[0];
    const Fd directory(::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const Fd tree = clone_tree(directory.get(), /*recursive=*/false);
    return tree && set_attributes(tree.get(), is_plain ? 0 : MOUNT_ATTR_RDONLY) && cover_base(tree);
  }

  void perform(const MountStep& step) noexcept {
    Fd tree = std::visit(
        overloaded{
            [&](const NewFilesystem& s) {
              return new_filesystem(s.type.c_str(), s.options, step.attributes);
            },
            [&](const HostTree& s) { return host_tree(s.path.c_str(), s.device, s.recursive); },
            [&](const GivenTree& s) { return Fd(std::exchange(launch_.trees[s.index], -1)); },
            [&](const ScratchFile& s) { return scratch_file(s); }},
        step.source);
    // fsmount(2) has set the attributes of a new file system; other trees get them here.
    bool is_new = std::holds_alternative<NewFilesystem>(step.source);
    std::uint64_t attributes = step.attributes;
    if (!tree && step.or_that_of_host && errno == EPERM) {
      tree = host_tree(step.target.c_str(), 0, /*recursive=*/true);
      is_new = false;
      attributes |= MOUNT_ATTR_RDONLY;  // oom_score_adj and the like of other processes
      report_.shows_host = true;
    }
    if (!tree || (!is_new && !set_attributes(tree.get(), attributes))) {
      if (step.optional) return;
      fail(kMounting, step.target.c_str());
    }

    struct stat status {};

    if (::fstat(tree.get(), &status) != 0) fail(kMounting, step.target.c_str());
    if (!attach(tree, step.target.c_str(), S_ISDIR(status.st_mode)) && !step.optional) {
      fail(kMounting, step.target.c_str());
    }
  }

  /// Moves `tree` to `target`. A mount point that the image lacks is created as a stub.
  bool attach(const Fd& tree, const char* target, bool directory) noexcept {
    Fd point(open_inside(root_.get(), target, O_PATH));
    if (!point && errno == ENOENT) point = Fd(make_stub(view_, target, directory));

    struct stat status {};

    if (!point || ::fstat(point.get(), &status) != 0) return false;
    if (S_ISDIR(status.st_mode) != directory) {
      errno = directory ? ENOTDIR : EISDIR;
      return false;
    }
    return ::move_mount(tree.get(), "", point.get(), "", kEmptyPaths) == 0;
  }

  Fd scratch_file(const ScratchFile& source) noexcept {
    const Fd file(::openat(scratch_.get(), source.name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return {};
    for (std::size_t done = 0; done < source.content.size();) {
      const ssize_t count =
          ::write(file.get(), source.content.data() + done, source.content.size() - done);
      if (count < 0) return {};
      done += static_cast<std::size_t>(count);
    }
    // The mode after the owner: chown(2) clears the set-id bits.
    if (::fchown(file.get(), source.uid, source.gid) != 0 ||
        ::fchmod(file.get(), source.mode) != 0) {
      return {};
    }
    return Fd(::open_tree(scratch_.get(), source.name.c_str(), kCloneFlags));
  }

  /// The file does not exist in this kernel, or the user may not reach it: nothing to protect.
  static bool is_out_of_reach(int error) noexcept {
    return error == ENOENT || error == ENOTDIR || error == EACCES;
  }

  /// Covers a directory with an empty one, a file with /dev/null.
  void perform(const MaskStep& step) noexcept {
    const Fd target(open_inside(root_.get(), step.target.c_str(), O_PATH));

    struct stat status {};

    if (!target && is_out_of_reach(errno)) return;
    if (!target || ::fstat(target.get(), &status) != 0) fail("mask", step.target.c_str());
    const Fd cover = S_ISDIR(status.st_mode) ? empty_directory() : clone_tree(null_.get(), false);
    if (!cover || ::move_mount(cover.get(), "", target.get(), "", kEmptyPaths) != 0) {
      fail("mask", step.target.c_str());
    }
  }

  Fd empty_directory() noexcept {
    Fd tree(::open_tree(scratch_.get(), kEmptyDirectory, kCloneFlags));
    return tree && set_attributes(tree.get(), MOUNT_ATTR_RDONLY) ? std::move(tree) : Fd();
  }

  /// Covers a tree with a read-only bind mount of itself.
  void perform(const ReadOnlyStep& step) noexcept {
    const Fd target(open_inside(root_.get(), step.target.c_str(), O_PATH));
    if (!target && is_out_of_reach(errno)) return;
    const Fd tree = clone_tree(target.get(), /*recursive=*/true);
    if (!tree || !set_attributes(tree.get(), MOUNT_ATTR_RDONLY) ||
        ::move_mount(tree.get(), "", target.get(), "", kEmptyPaths) != 0) {
      fail("make read-only", step.target.c_str());
    }
  }

  void perform(const FillStep& step) noexcept {
    const Fd directory(open_inside(root_.get(), step.directory.c_str(), O_PATH | O_DIRECTORY));
    const int at = directory.get();
    const auto check = [&](int result) {
      if (result != 0) fail("make the entries of", step.directory.c_str());
    };
    for (const std::string& name : step.directories)
      check(::mkdirat(at, name.c_str(), 0755));
    for (const std::string& name : step.files)
      check(::mknodat(at, name.c_str(), S_IFREG | 0644, 0));
    for (const auto& [name, content] : step.links)
      check(::symlinkat(content.c_str(), at, name.c_str()));
  }

  void perform(const WriteStep& step) noexcept {
    const Fd target(open_inside(root_.get(), step.target.c_str(), O_WRONLY));
    const auto size = static_cast<ssize_t>(step.content.size());
    if (target && ::write(target.get(), step.content.data(), step.content.size()) == size) return;
    if (step.wish != nullptr) fail(step.wish, step.target.c_str());
  }

  void protect_root() noexcept {
    if (!launch_.spec->read_only_root) return;
    mount_attr attr{};
    attr.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(root_.get(), "", AT_EMPTY_PATH, &attr, sizeof attr) != 0)
      fail("make the root read-only", nullptr);
  }

  /// pivot_root(".", ".") stacks the old root on the new one, so umount2(".") removes the old one;
  /// no directory for it is needed (pivot_root(2)).
  void pivot() noexcept {
    if (::fchdir(root_.get()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 ||
        ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) {
      fail("change the root", nullptr);
    }
  }

  Launch& launch_;
  Report& report_;
  Fd upper_;
  Fd scratch_;
  Fd null_;  ///< of the host: what files are masked with
  Fd root_;
  RootView view_;  ///< empty until the root is mounted
};

}  // namespace

void enter_root(Launch& launch) noexcept {
  Mounter mounter(launch);
  mounter.mount_all();
}

}  // namespace cbuild::sandbox
