// Directories and look-ups of the upper directory; see upper.h.
#include "src/ops/upper.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_metadata.h"
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

void copy_directory_metadata(const Fd& from, const Fd& to, const struct stat& status) {
  set_owner(to, status.st_uid, status.st_gid);
  set_mode(to, status.st_mode);
  for (const Xattr& xattr : list_xattrs(fd_path(from.get(), "."))) {
    if (xattr.name.find(".overlay.") != std::string::npos) continue;
    set_xattr(to, xattr);
  }
  set_times(to, status.st_atim, status.st_mtim);
}

}  // namespace

std::string Upper::resolve(const std::string& path) const {
  return resolve_in_root(view_, path);
}

std::optional<struct stat> Upper::find(const std::string& path) const {
  if (auto status = stat_in(upper_, path)) return status;
  return stat_in(view_, path);
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
  const auto below = stat_in(view_, path);
  if (below && !S_ISDIR(below->st_mode)) {
    throw InTheWay(ErrorKind::build, "cannot copy to non-directory: {} is a file of the image",
                   printable(path));
  }
  if (::mkdirat(upper_.get(), name.c_str(), 0700) != 0) throw SysError("make directory {}", path);
  const Fd made = open_in_root(upper_, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  with_context(path, [&] {
    if (below) {
      copy_directory_metadata(open_in_root(view_, path, O_PATH | O_NOFOLLOW), made, *below);
    } else {
      set_owner(made, look.owner.uid, look.owner.gid);
      set_mode(made, look.mode);
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
