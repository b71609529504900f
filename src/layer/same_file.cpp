// Headers, attributes and contents; see same_file.h.
#include "src/layer/same_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "src/layer/directory_walk.h"
#include "src/layer/file_xattrs.h"

namespace cbuild::layer {

namespace {

bool same_content(const Fd& a, const Fd& b, std::vector<char>& buffer) {
  constexpr std::size_t kPiece = 128 * 1024;
  buffer.resize(2 * kPiece);
  for (off_t at = 0;;) {
    const ssize_t size = ::pread(a.get(), buffer.data(), kPiece, at);
    if (size < 0) throw SysError("read");
    for (ssize_t there = 0; there < size;) {
      const ssize_t step = ::pread(b.get(), buffer.data() + kPiece + there,
                                   static_cast<std::size_t>(size - there), at + there);
      if (step < 0) throw SysError("read");
      if (step == 0) return false;
      there += step;
    }
    if (size == 0) return true;
    if (std::memcmp(buffer.data(), buffer.data() + kPiece, static_cast<std::size_t>(size)) != 0) {
      return false;
    }
    at += size;
  }
}

}  // namespace

std::vector<Xattr> written_xattrs(std::vector<Xattr> xattrs) {
  resolve_records(xattrs, Ownership::recorded);
  std::erase_if(xattrs, [](const Xattr& xattr) { return !is_written_xattr(xattr.name); });
  return xattrs;
}

bool same_header(const struct stat& a, const struct stat& b) noexcept {
  return a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

bool FileComparer::same(const TreeDirectory& here,
                        const struct stat& status,
                        const TreeDirectory& there,
                        const std::string& name) {
  if (status.st_nlink > 1) return false;
  const auto other = there.stat(name);
  if (!other || !same_header(status, *other)) return false;
  const int a = here.part_of(name).fd->get();
  const int b = there.part_of(name).fd->get();
  switch (status.st_mode & S_IFMT) {
    case S_IFREG: {
      if (status.st_size != other->st_size) return false;
      const Fd one = open_quietly(a, name.c_str(), O_RDONLY | O_NONBLOCK);
      const Fd two = open_quietly(b, name.c_str(), O_RDONLY | O_NONBLOCK);
      return written_xattrs(read_xattrs(one.get())) == written_xattrs(read_xattrs(two.get())) &&
             same_content(one, two, buffer_);
    }
    case S_IFLNK:
      if (read_link(a, name) != read_link(b, name)) return false;
      break;
    default:
      if (status.st_rdev != other->st_rdev) return false;
  }
  return written_xattrs(read_xattrs_at(a, name)) == written_xattrs(read_xattrs_at(b, name));
}

}  // namespace cbuild::layer
