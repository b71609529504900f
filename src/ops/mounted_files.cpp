// In-place checks and copies; see mounted_files.h.
#include "src/ops/mounted_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "cbuild/graph/op.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "src/ops/copy_files.h"
#include "src/ops/paths.h"
#include "src/ops/select.h"
#include "src/ops/upper.h"

namespace cbuild::ops {

namespace {

bool is_plain(const struct stat& status) {
  const bool kind = S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode);
  return kind && status.st_uid == 0 && status.st_gid == 0;
}

bool allows_programs(const Fd& fd) {
  struct statvfs status {};

  return ::fstatvfs(fd.get(), &status) == 0 && (status.f_flag & (ST_NOEXEC | ST_NOSUID)) == 0;
}

/// Whether everything beneath the directory `top` is plain; stops at the first that is not.
bool holds_plain_files(const FileTree& tree, const std::string& top) {
  std::vector<std::string> pending = {top};
  while (!pending.empty()) {
    const std::string directory = std::move(pending.back());
    pending.pop_back();
    const auto fd = try_open_in_root(tree.root, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) return false;
    for (const DirectoryEntry& entry : list_directory(fd->get())) {
      const std::string path = join_path(directory, entry.name);

      struct stat status {};

      if (tree.ignores(path)) return false;
      if (::fstatat(fd->get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
      if (!is_plain(status)) return false;
      if (S_ISDIR(status.st_mode)) pending.push_back(path);
    }
  }
  return true;
}

}  // namespace

Fd open_if_plain(const FileTree& tree, const std::string& path) {
  const std::string named = clean_path("/", path).substr(1);
  const std::string resolved = resolve_in_root(tree.root, named).substr(1);
  auto fd = try_open_in_root(tree.root, resolved, O_PATH | O_NOFOLLOW);

  struct stat status {};

  if (!fd || ::fstat(fd->get(), &status) != 0) return {};
  if (tree.ignores(named) || tree.ignores(resolved)) return {};
  if (!is_plain(status) || S_ISLNK(status.st_mode) || !allows_programs(*fd)) return {};
  if (S_ISDIR(status.st_mode) && !holds_plain_files(tree, resolved)) return {};
  return std::move(*fd);
}

void copy_for_mount(MountedFiles files, const Fd& into, const CancelToken& cancel) {
  graph::Copy everything;
  everything.sources = {files.path};
  everything.destination = std::string("/") + kFilled;
  everything.from_context = !files.keep_owners;
  const Selection selection = select(std::move(files.tree), everything, cancel);
  Upper upper(into, into);
  copy_files({everything, selection, {}, files.keep_owners, {}}, upper, cancel);

  struct stat status {};

  const Fd source = open_in_root(selection.sources.front().tree->root, files.path, O_PATH);
  if (::fstat(source.get(), &status) != 0) throw SysError("stat {}", files.path);
  if (!S_ISDIR(status.st_mode)) return;
  // COPY takes the contents of a directory; a mount shows its mode and owner too.
  const Fd filled = open_itself(into, kFilled);
  with_context(files.path, [&] {
    if (files.keep_owners) set_owner(filled, status.st_uid, status.st_gid);
    set_mode(filled, status.st_mode);
  });
}

}  // namespace cbuild::ops
