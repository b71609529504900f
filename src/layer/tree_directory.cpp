// One merged directory; see root_tree.h.
#include <dirent.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/layer/directory_walk.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

std::optional<struct stat> stat_at(const Fd& directory, const std::string& name) {
  struct stat status {};

  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw SysError("stat {}", printable(name));
}

}  // namespace

std::string TreeDirectory::path_of(const std::string& name) const {
  return path_.empty() ? name : path_ + "/" + name;
}

/// The topmost part that says something of the name.
std::optional<TreeDirectory::Found> TreeDirectory::find(const std::string& name) const {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto status = stat_at(*parts_[i].fd, name);
    if (!status) continue;
    if (merged_ && is_whiteout(*status, parts_[i].fd->get(), name.c_str())) return std::nullopt;
    return Found{i, *status};
  }
  return std::nullopt;
}

std::vector<DirectoryEntry> TreeDirectory::list() const {
  if (!merged_) return list_directory(top().fd->get());
  const NameList names(*this);
  std::vector<DirectoryEntry> entries;
  for (std::size_t i = 0; i < names.size(); ++i)
    entries.push_back({std::string(names.name(i)), names.type(i)});
  return entries;
}

std::optional<struct stat> TreeDirectory::stat(const std::string& name) const {
  auto found = find(name);
  if (!found) return std::nullopt;
  const Part& part = parts_[found->part];
  if (part.owners) {
    part.owners->amend(found->status, part.fd->get(), name.c_str(), path_of(name));
  }
  return found->status;
}

struct stat TreeDirectory::stat() const {
  struct stat status {};

  if (::fstat(top().fd->get(), &status) != 0) throw SysError("stat {}", printable(path_));
  if (top().owners) top().owners->amend(status, top().fd->get(), ".", path_);
  return status;
}

std::string TreeDirectory::read_link(const std::string& name) const {
  return cbuild::read_link(part_of(name).fd->get(), name);
}

Fd TreeDirectory::open(const std::string& name, int flags) const {
  return open_at(part_of(name).fd->get(), name, flags | O_NOFOLLOW);
}

std::optional<Fd> TreeDirectory::try_open(const std::string& name, int flags) const {
  const auto found = merged_ ? find(name) : Found{0, {}};
  if (!found) return std::nullopt;
  Fd fd(::openat(parts_[found->part].fd->get(), name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw SysError("open {}", printable(path_of(name)));
}

const TreeDirectory::Part& TreeDirectory::part_of(const std::string& name) const {
  if (!merged_) return top();
  const auto found = find(name);
  if (!found) throw SysError::from_code(ENOENT, fmt::format("open {}", printable(path_of(name))));
  return parts_[found->part];
}

std::shared_ptr<const TreeDirectory> TreeDirectory::directory(const std::string& name) const {
  std::vector<Part> parts;
  for (const Part& part : parts_) {
    const auto status = stat_at(*part.fd, name);
    if (!status) continue;
    if (!S_ISDIR(status->st_mode)) break;  // hides what lies below: a file, or a deletion
    Fd fd = open_at(part.fd->get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    const bool opaque = merged_ && opaque_mark(fd.get()) != nullptr;
    parts.push_back({std::make_shared<const Fd>(std::move(fd)), part.owners});
    if (opaque) break;
  }
  if (parts.empty()) return nullptr;
  return std::make_shared<const TreeDirectory>(std::move(parts), path_of(name), merged_);
}

}  // namespace cbuild::layer
