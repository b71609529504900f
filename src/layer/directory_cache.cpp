// Open directories with their times; see directory_cache.h.
#include "src/layer/directory_cache.h"

#include <fcntl.h>

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"

namespace cbuild::layer {

namespace {

/// No clean path has a NUL.
constexpr std::string_view kNoPath("\0", 1);

void restore_time(DirectoryCache::Directory& directory) {
  if (!directory.fd || !directory.changed) return;
  const timespec times[2] = {{0, UTIME_OMIT}, directory.time};
  // EPERM: somebody else's directory, where we could make entries nevertheless.
  if (::futimens(directory.fd.get(), times) != 0 && errno != EPERM) {
    throw SysError("set the time of directory {}", directory.path);
  }
  directory.changed = false;
}

}  // namespace

DirectoryCache::Directory* DirectoryCache::find(std::string_view path) {
  if (last_ != nullptr && last_->path == path) return last_;
  for (Directory& directory : directories_) {
    if (directory.fd && directory.path == path) {
      directory.used = ++clock_;
      return last_ = &directory;
    }
  }
  auto fd = try_open_in_root(root_, path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
  if (!fd) return nullptr;
  return &place(path, std::move(*fd));
}

DirectoryCache::Directory& DirectoryCache::add(std::string_view path, Fd fd, timespec time) {
  Directory& directory = place(path, std::move(fd));
  directory.time = time;
  directory.changed = true;
  return directory;
}

DirectoryCache::Directory& DirectoryCache::place(std::string_view path, Fd fd) {
  struct stat status {};

  if (::fstat(fd.get(), &status) != 0) throw SysError("stat directory {}", path);
  const auto same = std::ranges::find_if(directories_, [&](const Directory& directory) {
    return directory.fd && directory.device == status.st_dev && directory.inode == status.st_ino;
  });
  const bool known = same != directories_.end();
  Directory& directory =
      known ? *same : *std::ranges::min_element(directories_, {}, &Directory::used);
  if (!known) {
    restore_time(directory);
    directory.device = status.st_dev;
    directory.inode = status.st_ino;
    directory.time = status.st_mtim;
    directory.changed = false;
  }
  directory.fd = std::move(fd);
  directory.path = path;
  directory.used = ++clock_;
  last_ = &directory;
  return directory;
}

void DirectoryCache::forget_paths(Directory& keep) {
  for (Directory& directory : directories_) {
    if (&directory != &keep) {
      restore_time(directory);
      directory.fd = Fd();
    }
    directory.path = kNoPath;
  }
}

void DirectoryCache::flush() {
  for (Directory& directory : directories_)
    restore_time(directory);
}

}  // namespace cbuild::layer
