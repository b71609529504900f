// Copies by descriptor; see tree_copy.h.
#include "src/sandbox/tree_copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/xattr.h"

namespace cbuild::sandbox {

namespace {

struct stat status_of(const Fd& file) {
  struct stat status {};

  if (::fstat(file.get(), &status) != 0) throw SysError("fstat");
  return status;
}

/// A descriptor for reading of what an O_PATH one is of.
Fd reopen(const Fd& file, int flags) {
  return open_file("/proc/self/fd/" + std::to_string(file.get()), flags);
}

void copy_content(const Fd& from, const Fd& to) {
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return;
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  for (;;) {
    const ssize_t count = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, kBlock, 0);
    if (count == 0) return;
    if (count < 0) break;
  }
  std::vector<char> block(kBlock);
  for (;;) {
    const ssize_t count = ::read(from.get(), block.data(), block.size());
    if (count < 0) throw SysError("read a file to be copied");
    if (count == 0) return;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written =
          ::write(to.get(), block.data() + done, static_cast<std::size_t>(count - done));
      if (written < 0) throw SysError("write a copy");
      done += written;
    }
  }
}

void copy_metadata(const struct stat& status, const std::vector<Xattr>& xattrs, const Fd& to) {
  set_owner(to, status.st_uid, status.st_gid);
  if (!S_ISLNK(status.st_mode)) set_mode(to, status.st_mode & 07777);
  for (const Xattr& xattr : xattrs)
    (void)set_xattr(to, xattr);  // not every one may be set by everybody
  set_times(to, status.st_atim, status.st_mtim);
}

std::vector<Xattr> copy_directory(const Fd& from, const Fd& directory, const std::string& name) {
  if (::mkdirat(directory.get(), name.c_str(), 0700) != 0) throw SysError("make {}", name);
  const Fd source = reopen(from, O_RDONLY | O_DIRECTORY);
  const Fd made = open_at(directory.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  for (const DirectoryEntry& entry : list_directory(source.get()))
    copy_tree(open_itself(source, entry.name), made, entry.name);
  return list_xattrs(source.get());
}

std::vector<Xattr> copy_file(const Fd& from, const Fd& directory, const std::string& name) {
  const Fd source = reopen(from, O_RDONLY);
  copy_content(source,
               open_at(directory.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  return list_xattrs(source.get());
}

/// The path that an O_PATH descriptor was opened by.
std::string path_of(const Fd& file) {
  return read_link(AT_FDCWD, "/proc/self/fd/" + std::to_string(file.get()));
}

void link_socket(const Fd& from, const Fd& directory, const std::string& name) {
  if (::linkat(AT_FDCWD, path_of(from).c_str(), directory.get(), name.c_str(), 0) == 0) return;
  SysError error("link a socket");
  if (error.code() == EXDEV)
    error.with_hint("the socket has to be on the file system of the store (TMPDIR, --root)");
  throw error;
}

using Inode = std::pair<dev_t, ino_t>;

struct Names {
  nlink_t inside = 0;  ///< of the tree
  nlink_t all = 0;
};

template <typename Visitor>
void visit_linked(const Fd& directory, const Visitor& visit) {
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    const Fd file = open_itself(directory, entry.name);
    const struct stat status = status_of(file);
    if (S_ISDIR(status.st_mode)) {
      visit_linked(reopen(file, O_RDONLY | O_DIRECTORY), visit);
    } else if (status.st_nlink > 1) {
      visit(directory, entry.name, file, status);
    }
  }
}

}  // namespace

void copy_tree(const Fd& from, const Fd& directory, const std::string& name) {
  const struct stat status = status_of(from);
  std::vector<Xattr> xattrs;
  switch (status.st_mode & S_IFMT) {
    case S_IFDIR:
      xattrs = copy_directory(from, directory, name);
      break;
    case S_IFREG:
      xattrs = copy_file(from, directory, name);
      break;
    case S_IFLNK:
      if (::symlinkat(read_link(from.get(), "").c_str(), directory.get(), name.c_str()) != 0)
        throw SysError("make the link {}", name);
      break;
    case S_IFSOCK:
      return link_socket(from, directory, name);
    default:
      return;
  }
  copy_metadata(status, xattrs, open_itself(directory, name));
}

void separate_from_outside(const Fd& tree) {
  const Fd top = reopen(tree, O_RDONLY | O_DIRECTORY);
  std::map<Inode, Names> names;
  visit_linked(top, [&](const Fd&, const std::string&, const Fd&, const struct stat& status) {
    Names& known = names[{status.st_dev, status.st_ino}];
    ++known.inside;
    known.all = status.st_nlink;
  });
  visit_linked(top, [&](const Fd& directory, const std::string& name, const Fd& file,
                        const struct stat& status) {
    const Names& known = names[{status.st_dev, status.st_ino}];
    if (known.all <= known.inside || !(S_ISREG(status.st_mode) || S_ISLNK(status.st_mode))) return;
    const std::string copy = ".cbuild-" + std::to_string(status.st_ino);
    copy_tree(file, directory, copy);
    if (::renameat(directory.get(), copy.c_str(), directory.get(), name.c_str()) != 0)
      throw SysError("replace {}", name);
  });
}

}  // namespace cbuild::sandbox
