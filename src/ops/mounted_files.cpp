// In-place checks and copies; see mounted_files.h.
#include "src/ops/mounted_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "cbuild/graph/op.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
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
    const auto opened = tree.root.directory(directory, /*follow=*/false);
    if (!opened) return false;
    for (const DirectoryEntry& entry : opened->list()) {
      const std::string path = join_path(directory, entry.name);
      if (tree.ignores(path)) return false;
      const auto status = opened->stat(entry.name);
      if (!status || !is_plain(*status)) return false;
      if (S_ISDIR(status->st_mode)) pending.push_back(path);
    }
  }
  return true;
}

}  // namespace

Fd open_if_plain(const FileTree& tree, const std::string& path) {
  const std::string named = clean_path("/", path).substr(1);
  const std::string resolved = tree.root.resolve(named).substr(1);
  auto fd = tree.root.try_open(resolved, O_PATH | O_NOFOLLOW);

  struct stat status {};

  if (!fd || ::fstat(fd->get(), &status) != 0) return {};
  if (tree.ignores(named) || tree.ignores(resolved)) return {};
  if (!is_plain(status) || S_ISLNK(status.st_mode) || !allows_programs(*fd)) return {};
  if (S_ISDIR(status.st_mode) && !holds_plain_files(tree, resolved)) return {};
  return std::move(*fd);
}

void copy_for_mount(MountedFiles files,
                    const Fd& into,
                    FileOwners& owners,
                    const CancelToken& cancel) {
  graph::Copy everything;
  everything.sources = {files.path};
  everything.destination = std::string("/") + kFilled;
  everything.from_context = !files.keep_owners;
  const Selection selection = select(std::move(files.tree), everything, cancel);
  const layer::RootTree view(duplicate(into.get()));
  Upper upper(into, owners, view);
  copy_files({everything, selection, {}, files.keep_owners, {}}, upper, cancel);
  const auto source = selection.sources.front().tree->root.directory(files.path);
  if (!source) return;
  // COPY takes the contents of a directory; a mount shows its mode and owner too.
  const struct stat status = source->stat();
  FileLook look{.mode = status.st_mode};
  if (files.keep_owners) {
    look.uid = status.st_uid;
    look.gid = status.st_gid;
  }
  with_context(files.path, [&] { owners.give(open_itself(into, kFilled), kFilled, look); });
}

}  // namespace cbuild::ops
