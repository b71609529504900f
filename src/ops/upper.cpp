// Directories and look-ups of the upper directory; see upper.h.
#include "src/ops/upper.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "cbuild/util/xattr.h"
#include "src/ops/paths.h"

namespace cbuild::ops {

namespace {

std::optional<struct stat> stat_in(const Fd& root, const std::string& path) {
  const auto fd = try_open_in_root(root, path, O_PATH | O_NOFOLLOW);

  struct stat status {};

  if (!fd || ::fstat(fd->get(), &status) != 0) return std::nullopt;
  return status;
}

}  // namespace

void Upper::copy_up(const Fd& made, const std::string& path, const layer::TreeDirectory& below) {
  const struct stat status = below.stat();
  owners_.give(made, relative(path), {status.st_uid, status.st_gid, status.st_mode, 0});
  std::vector<Xattr> xattrs = list_xattrs(below.top().fd->get());
  resolve_records(xattrs, view_.ownership());
  for (const Xattr& xattr : xattrs) {
    if (xattr.name.find(".overlay.") != std::string::npos) continue;
    owners_.set_xattr(made, xattr);
  }
  set_times(made, status.st_atim, status.st_mtim);
}

std::string Upper::resolve(const std::string& path) const {
  return view_.resolve(path);
}

std::optional<struct stat> Upper::find(const std::string& path) const {
  if (auto status = stat_in(upper_, path)) return status;
  return view_.stat(path);
}

bool Upper::make_directory(const std::string& path, const NewDirectory& look) {
  if (path == "/" || made_.contains(path)) return false;
  std::vector<std::string> missing;
  for (std::string at = path; at != "/" && !made_.contains(at); at = parent_of(at)) {
    missing.push_back(at);
  }
  bool is_new = false;
  for (auto at = missing.rbegin(); at != missing.rend(); ++at)
    is_new = make_one(*at, look);
  return is_new;
}

bool Upper::make_one(const std::string& path, const NewDirectory& look) {
  const std::string name = relative(path);
  if (const auto status = stat_in(upper_, path)) {
    if (!S_ISDIR(status->st_mode)) {
      throw InTheWay(ErrorKind::build, "cannot copy to non-directory: {}", printable(path));
    }
    made_.insert(path);
    return false;
  }
  const auto below = view_.directory(path, /*follow=*/false);
  if (!below && view_.stat(path)) {
    throw InTheWay(ErrorKind::build, "cannot copy to non-directory: {} is a file of the image",
                   printable(path));
  }
  if (::mkdirat(upper_.get(), name.c_str(), 0700) != 0) throw SysError("make directory {}", path);
  const Fd made = open_in_root(upper_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  with_context(path, [&] {
    if (below) {
      copy_up(made, path, *below);
    } else {
      owners_.give(made, name, {look.owner.uid, look.owner.gid, S_IFDIR | look.mode, 0});
    }
  });
  made_.insert(path);
  if (!below) fresh_.insert(path);
  return !below;
}

void Upper::make_way(const std::string& path) const {
  bool directory = made_.contains(path);
  if (!directory &&
      !fresh_.contains(parent_of(path))) {  // in a new one there is nothing to look for
    const auto status = find(path);
    directory = status && S_ISDIR(status->st_mode);
  }
  if (directory) {
    throw InTheWay(ErrorKind::build, "cannot replace to directory {} with file", printable(path));
  }
}

}  // namespace cbuild::ops
