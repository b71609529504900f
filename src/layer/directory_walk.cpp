// Names of directories and the way down to them; see directory_walk.h.
#include "src/layer/directory_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"

namespace cbuild::layer {

namespace {

constexpr std::size_t kOpenLevels = 16;

}  // namespace

NameList::NameList(int fd) {
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
      entries_.push_back({bytes_.size(), static_cast<std::uint16_t>(length), entry->d_type});
      bytes_.append(entry->d_name, length + 1);
    }
  }
  std::ranges::sort(entries_, {}, [this](const Entry& entry) {
    return std::string_view(bytes_.data() + entry.offset, entry.length);
  });
}

void DirectoryStack::push(Fd fd) {
  struct stat status {};

  if (::fstat(fd.get(), &status) != 0) throw SysError("stat directory");
  levels_.push_back({std::make_shared<const Fd>(std::move(fd)), status.st_dev, status.st_ino});
  if (levels_.size() > kOpenLevels) levels_[levels_.size() - 1 - kOpenLevels].fd.reset();
}

void DirectoryStack::pop() {
  const Level left = std::move(levels_.back());
  levels_.pop_back();
  if (levels_.empty() || levels_.back().fd) return;
  Fd fd = open_quietly(left.fd->get(), "..", O_RDONLY | O_DIRECTORY);

  struct stat status {};

  if (::fstat(fd.get(), &status) != 0) throw SysError("stat directory");
  if (status.st_dev != levels_.back().device || status.st_ino != levels_.back().inode) {
    throw Error("a directory was moved while it was being read");
  }
  levels_.back().fd = std::make_shared<const Fd>(std::move(fd));
}

Fd open_quietly(int dirfd, const char* name, int flags) {
  flags |= O_CLOEXEC | O_NOFOLLOW;
  Fd fd(::openat(dirfd, name, flags | O_NOATIME));
  if (!fd && errno == EPERM) fd = Fd(::openat(dirfd, name, flags));
  if (!fd) throw SysError("open");
  return fd;
}

}  // namespace cbuild::layer
