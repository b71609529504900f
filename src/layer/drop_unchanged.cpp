// Removes files from an upper directory that equal those of the layers below; see diff.h.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/diff.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "cbuild/util/xattr.h"
#include "src/layer/directory_walk.h"
#include "src/layer/file_xattrs.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

std::optional<struct stat> stat_at(int dirfd, const char* name) {
  struct stat status {};

  if (::fstatat(dirfd, name, &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw SysError("stat {}", printable(name));
}

std::vector<Xattr> written(std::vector<Xattr> xattrs) {
  std::erase_if(xattrs, [](const Xattr& xattr) { return !is_written_xattr(xattr.name); });
  return xattrs;
}

/// All that a header says, names apart.
bool same_header(const struct stat& a, const struct stat& b) {
  return a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec;
}

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

/// One walk over both trees.
class Dropper {
 public:
  Dropper(const Fd& upper, const Fd& lower);
  void run();

 private:
  struct Level {
    NameList names;
    std::string name;  ///< in the directory above

    struct stat status {};  ///< before anything was removed

    bool lower =
        false;  ///< there is a directory of this name below, and it is the lower stack's top
    std::size_t next = 0;
    std::size_t kept = 0;
    bool removed = false;
  };

  void look_at(const char* name);
  void enter(const char* name, const struct stat& status);
  void leave();
  bool same_as_below(const char* name, const struct stat& status);
  bool holds_no_change(const Level& level);
  void remove(const char* name, int flags);

  DirectoryStack upper_;
  DirectoryStack lower_;
  std::vector<Level> levels_;
  std::vector<char> buffer_;
};

Fd reopen(const Fd& directory) {
  return open_quietly(directory.get(), ".", O_RDONLY | O_DIRECTORY);
}

Dropper::Dropper(const Fd& upper, const Fd& lower) {
  Fd own = reopen(upper);
  Level level{NameList(own.get()), {}};
  if (::fstat(own.get(), &level.status) != 0) throw SysError("stat");
  level.lower = true;
  upper_.push(std::move(own));
  lower_.push(reopen(lower));
  levels_.push_back(std::move(level));
}

void Dropper::run() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.next == level.names.size()) {
      leave();
      continue;
    }
    const std::string name(level.names.name(level.next++));
    with_context(printable(name), [&] { look_at(name.c_str()); });
  }
}

void Dropper::look_at(const char* name) {
  const auto status = stat_at(upper_.top().get(), name);
  if (!status) return;
  if (S_ISDIR(status->st_mode)) return enter(name, *status);
  Level& level = levels_.back();
  bool drop = false;
  if (is_overlay_whiteout(*status)) {
    drop = !level.lower || !stat_at(lower_.top().get(), name);
  } else {
    drop = level.lower && same_as_below(name, *status);
  }
  if (drop) {
    remove(name, 0);
  } else {
    ++level.kept;
  }
}

void Dropper::enter(const char* name, const struct stat& status) {
  Fd fd = open_quietly(upper_.top().get(), name, O_RDONLY | O_DIRECTORY);
  std::optional<Fd> below;
  if (levels_.back().lower) {
    const auto there = stat_at(lower_.top().get(), name);
    if (there && S_ISDIR(there->st_mode)) {
      below = open_quietly(lower_.top().get(), name, O_RDONLY | O_DIRECTORY);
    }
  }
  const char* mark = nullptr;
  for (const char* candidate : {kOpaqueXattr, kTrustedOpaqueXattr}) {
    char value = '\0';
    if (::fgetxattr(fd.get(), candidate, &value, 1) == 1 && value == 'y') mark = candidate;
  }
  if (mark != nullptr && below) {  // all that is in it is new
    ++levels_.back().kept;
    return;
  }
  // overlayfs marks new directories so, to spare itself look-ups; there is nothing to be hidden.
  if (mark != nullptr && ::fremovexattr(fd.get(), mark) != 0) throw SysError("remove {}", mark);
  levels_.push_back({NameList(fd.get()), name, status, below.has_value()});
  upper_.push(std::move(fd));
  if (below) lower_.push(std::move(*below));
}

void Dropper::leave() {
  const Level level = std::move(levels_.back());
  const bool root = levels_.size() == 1;
  const bool drop = !root && holds_no_change(level);
  if (!drop && level.removed) {
    const timespec times[2] = {{0, UTIME_OMIT}, level.status.st_mtim};
    if (::futimens(upper_.top().get(), times) != 0) {
      throw SysError("set the time of {}", printable(level.name));
    }
  }
  levels_.pop_back();
  upper_.pop();
  if (level.lower) lower_.pop();
  if (root) return;
  if (drop) {
    remove(level.name.c_str(), AT_REMOVEDIR);
  } else {
    ++levels_.back().kept;
  }
}

bool Dropper::holds_no_change(const Level& level) {
  struct stat below {};

  if (level.kept != 0 || !level.lower) return false;
  if (::fstat(lower_.top().get(), &below) != 0) throw SysError("stat");
  return same_header(level.status, below) &&
         written(read_xattrs(upper_.top().get())) == written(read_xattrs(lower_.top().get()));
}

bool Dropper::same_as_below(const char* name, const struct stat& status) {
  // A layer also records which names are hard links of one file; one name does not show the others.
  if (status.st_nlink > 1) return false;
  const auto below = stat_at(lower_.top().get(), name);
  if (!below || !same_header(status, *below)) return false;
  const int here = upper_.top().get();
  const int there = lower_.top().get();
  switch (status.st_mode & S_IFMT) {
    case S_IFREG: {
      if (status.st_size != below->st_size) return false;
      const Fd a = open_quietly(here, name, O_RDONLY | O_NONBLOCK);
      const Fd b = open_quietly(there, name, O_RDONLY | O_NONBLOCK);
      return written(read_xattrs(a.get())) == written(read_xattrs(b.get())) &&
             same_content(a, b, buffer_);
    }
    case S_IFLNK:
      if (read_link(here, name) != read_link(there, name)) return false;
      break;
    default:
      if (status.st_rdev != below->st_rdev) return false;
  }
  return written(read_xattrs_at(here, name)) == written(read_xattrs_at(there, name));
}

void Dropper::remove(const char* name, int flags) {
  if (::unlinkat(upper_.top().get(), name, flags) != 0) throw SysError("remove");
  levels_.back().removed = true;
}

}  // namespace

void drop_unchanged(const Fd& upper, const Fd& lower) {
  Dropper(upper, lower).run();
}

}  // namespace cbuild::layer
