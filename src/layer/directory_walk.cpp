// Names of directories and the way down to them; see directory_walk.h.
#include "src/layer/directory_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/path.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

constexpr std::size_t kOpenLevels = 16;

}  // namespace

NameList::NameList(const TreeDirectory& directory) {
  const auto& parts = directory.parts();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // Of its own, because the position in a directory belongs to the open file.
    const Fd fd = open_quietly(parts[i].fd->get(), ".", O_RDONLY | O_DIRECTORY);
    read(fd.get(), static_cast<std::uint32_t>(i));
  }
  // Equal names follow each other, the topmost part first.
  std::ranges::stable_sort(entries_, {}, [this](const Entry& entry) {
    return std::string_view(bytes_.data() + entry.offset, entry.length);
  });
  if (directory.is_merged()) hide(directory);
}

/// Takes out the names that a part further up has, and those that are deleted.
void NameList::hide(const TreeDirectory& directory) {
  const auto name_of = [this](const Entry& entry) {
    return std::string_view(bytes_.data() + entry.offset, entry.length);
  };
  const auto same_name = [&](const Entry& a, const Entry& b) { return name_of(a) == name_of(b); };
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same_name), entries_.end());
  std::vector<bool> has_file_whiteouts;
  for (const TreeDirectory::Part& part : directory.parts())
    has_file_whiteouts.push_back(holds_file_whiteouts(part.fd->get()));
  std::erase_if(entries_, [&](const Entry& entry) {
    const bool may_be_one = entry.type == DT_CHR || entry.type == DT_UNKNOWN ||
                            (entry.type == DT_REG && has_file_whiteouts[entry.part]);
    if (!may_be_one) return false;

    struct stat status {};

    const int fd = directory.parts()[entry.part].fd->get();
    const char* name = name_of(entry).data();
    return ::fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || is_whiteout(status, fd, name);
  });
}

void NameList::read(int fd, std::uint32_t part) {
  alignas(dirent64) char buffer[32768];
  for (;;) {
    const ssize_t size = ::getdents64(fd, buffer, sizeof buffer);
    if (size < 0) throw SysError("read directory");
    if (size == 0) break;
    for (ssize_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      const std::size_t length = std::strlen(entry->d_name);
      const std::string_view name(entry->d_name, length);
      if (name == "." || name == ".." || is_ghost(fd, entry->d_name, entry->d_type)) continue;
      entries_.push_back({bytes_.size(), static_cast<std::uint16_t>(length), entry->d_type, part});
      bytes_.append(entry->d_name, length + 1);
    }
  }
}

void DirectoryStack::push(std::shared_ptr<const TreeDirectory> directory) {
  struct stat status {};

  const TreeDirectory::Part& top = directory->top();
  if (::fstat(top.fd->get(), &status) != 0) throw SysError("stat directory");
  levels_.push_back({directory, top.owners, status.st_dev, status.st_ino});
  if (levels_.size() <= kOpenLevels) return;
  Level& far = levels_[levels_.size() - 1 - kOpenLevels];
  if (far.directory && far.directory->parts().size() == 1) far.directory.reset();
}

void DirectoryStack::pop() {
  const Level left = std::move(levels_.back());
  levels_.pop_back();
  if (levels_.empty() || levels_.back().directory) return;
  const bool merged = left.directory->is_merged();
  Fd fd = open_quietly(left.directory->top().fd->get(), "..", O_RDONLY | O_DIRECTORY);

  struct stat status {};

  if (::fstat(fd.get(), &status) != 0) throw SysError("stat directory");
  Level& level = levels_.back();
  if (status.st_dev != level.device || status.st_ino != level.inode) {
    throw Error("a directory was moved while it was being read");
  }
  level.directory = std::make_shared<const TreeDirectory>(
      std::vector<TreeDirectory::Part>{{std::make_shared<const Fd>(std::move(fd)), level.owners}},
      std::string(parent_of(left.directory->path())), merged);
}

std::shared_ptr<const TreeDirectory> layer_directory(const Fd& layer,
                                                     std::shared_ptr<const FileOwners> owners) {
  Fd own = open_quietly(layer.get(), ".", O_RDONLY | O_DIRECTORY);
  return std::make_shared<const TreeDirectory>(
      std::vector<TreeDirectory::Part>{
          {std::make_shared<const Fd>(std::move(own)), std::move(owners)}},
      "", /*merged=*/false);
}

Fd open_quietly(int dirfd, const char* name, int flags) {
  flags |= O_CLOEXEC | O_NOFOLLOW;
  Fd fd(::openat(dirfd, name, flags | O_NOATIME));
  if (!fd && errno == EPERM) fd = Fd(::openat(dirfd, name, flags));
  if (!fd) throw SysError("open");
  return fd;
}

}  // namespace cbuild::layer
