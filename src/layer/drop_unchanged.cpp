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
#include "cbuild/layer/root_tree.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "cbuild/util/xattr.h"
#include "src/layer/directory_walk.h"
#include "src/layer/file_xattrs.h"
#include "src/layer/same_file.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

/// One walk over both trees.
class Dropper {
 public:
  Dropper(const Fd& upper, const std::shared_ptr<const FileOwners>& owners, const RootTree& lower);
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

  void look_at(const std::string& name);
  void enter(const std::string& name, const struct stat& status);
  void leave();
  bool holds_no_change(const Level& level);
  void remove(const char* name, int flags);

  DirectoryStack upper_;
  DirectoryStack lower_;
  std::vector<Level> levels_;
  FileComparer comparer_;
};

Dropper::Dropper(const Fd& upper,
                 const std::shared_ptr<const FileOwners>& owners,
                 const RootTree& lower) {
  auto own = layer_directory(upper, owners);
  levels_.push_back({NameList(*own), "", own->stat(), true});
  upper_.push(std::move(own));
  lower_.push(lower.directory(""));
}

void Dropper::run() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.next == level.names.size()) {
      leave();
      continue;
    }
    const std::string name(level.names.name(level.next++));
    with_context(printable(name), [&] { look_at(name); });
  }
}

void Dropper::look_at(const std::string& name) {
  const auto status = upper_.top().stat(name);
  if (!status) return;
  if (S_ISDIR(status->st_mode)) return enter(name, *status);
  Level& level = levels_.back();
  bool drop = false;
  if (is_whiteout(*status, upper_.fd(), name.c_str())) {
    drop = !level.lower || !lower_.top().stat(name);
  } else {
    drop = level.lower && comparer_.same(upper_.top(), *status, lower_.top(), name);
  }
  if (drop) {
    remove(name.c_str(), 0);
  } else {
    ++level.kept;
  }
}

void Dropper::enter(const std::string& name, const struct stat& status) {
  auto directory = upper_.top().directory(name);
  auto below = levels_.back().lower ? lower_.top().directory(name) : nullptr;
  const int fd = directory->top().fd->get();
  const char* mark = opaque_mark(fd);
  if (mark != nullptr && below) {  // all that is in it is new
    ++levels_.back().kept;
    return;
  }
  // overlayfs marks new directories so, to spare itself look-ups; there is nothing to be hidden.
  if (mark != nullptr && ::fremovexattr(fd, mark) != 0) throw SysError("remove {}", mark);
  levels_.push_back({NameList(*directory), name, status, below != nullptr});
  upper_.push(std::move(directory));
  if (below) lower_.push(std::move(below));
}

void Dropper::leave() {
  const Level level = std::move(levels_.back());
  const bool root = levels_.size() == 1;
  const bool drop = !root && holds_no_change(level);
  if (!drop && level.removed) {
    const timespec times[2] = {{0, UTIME_OMIT}, level.status.st_mtim};
    if (::futimens(upper_.fd(), times) != 0) {
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
  if (level.kept != 0 || !level.lower) return false;
  return same_header(level.status, lower_.top().stat()) &&
         written_xattrs(read_xattrs(upper_.fd())) == written_xattrs(read_xattrs(lower_.fd()));
}

void Dropper::remove(const char* name, int flags) {
  if (::unlinkat(upper_.fd(), name, flags) != 0) throw SysError("remove");
  levels_.back().removed = true;
}

}  // namespace

void drop_unchanged(const Fd& upper,
                    const std::shared_ptr<const FileOwners>& owners,
                    const RootTree& lower) {
  Dropper(upper, owners, lower).run();
}

}  // namespace cbuild::layer
