// What a step has changed in a working copy; see working_copy.h.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/layer/working_copy.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
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

using Directory = std::shared_ptr<const TreeDirectory>;

}  // namespace

/// One take_changes(): a walk over the copy and what it was filled with, name by name.
class WorkingCopy::Changes {
 public:
  Changes(WorkingCopy& copy, const Fd& upper, FileOwners& owners)
      : copy_(copy), upper_(upper), owners_(owners) {}

  void run(const RootTree& below) {
    enter(std::make_shared<const TreeDirectory>(
              std::vector<TreeDirectory::Part>{
                  {std::make_shared<const Fd>(duplicate(copy_.directory_.get())), copy_.owners_}},
              "", /*merged=*/false),
          below.directory(""), "");
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.next == level.names.size()) {
        leave();
        continue;
      }
      const std::string name = level.names[level.next++];
      with_context(printable(name), [&] { look_at(name); });
    }
  }

 private:
  struct Level {
    Directory work;
    Directory below;
    std::string name;
    std::vector<std::string> names;  ///< of both, sorted
    std::size_t next = 0;

    struct stat status {};  ///< of `work`, before anything was moved out of it

    Fd upper;  ///< its directory there, once it is needed
  };

  void enter(Directory work, Directory below, std::string name) {
    Level level;
    level.work = std::move(work);
    level.below = std::move(below);
    level.name = std::move(name);
    level.status = level.work->stat();
    level.names = names_of(*level.work, *level.below);
    const bool is_root = levels_.empty();
    if (is_root) {
      level.upper = duplicate(upper_.get());
      describe(level);
    }
    const bool changed = !copy_.is_untouched(level.status);
    levels_.push_back(std::move(level));
    if (changed && !is_root) (void)upper_of(levels_.size() - 1);
  }

  static std::vector<std::string> names_of(const TreeDirectory& a, const TreeDirectory& b) {
    const NameList here(a);
    const NameList there(b);
    std::vector<std::string> names;
    for (std::size_t i = 0, j = 0; i < here.size() || j < there.size();) {
      const int order = i == here.size()    ? 1
                        : j == there.size() ? -1
                                            : here.name(i).compare(there.name(j));
      names.emplace_back(order <= 0 ? here.name(i) : there.name(j));
      if (order <= 0) ++i;
      if (order >= 0) ++j;
    }
    return names;
  }

  void look_at(const std::string& name) {
    const Level& level = levels_.back();
    const auto here = level.work->stat(name);
    const auto there = level.below->stat(name);
    if (there && S_ISSOCK(there->st_mode) && !here) return;  // none was put there
    if (!here) return there ? white_out(name) : void();
    if (!there) return move_up(name);
    const bool is_device = S_ISCHR(there->st_mode) || S_ISBLK(there->st_mode);
    if (is_device && S_ISREG(here->st_mode) && here->st_size == 0) return;  // what stands for it
    if (!S_ISDIR(here->st_mode) || !S_ISDIR(there->st_mode)) {
      const bool same_kind = S_ISDIR(here->st_mode) == S_ISDIR(there->st_mode);
      if (same_kind && copy_.is_untouched(*here)) return;
      // One that was only touched stays: the next step needs it.
      if (same_kind && comparer_.same(*level.work, *here, *level.below, name)) return;
      return move_up(name);
    }
    const auto made = copy_.directories_.find(level.work->path_of(name));
    auto work = level.work->directory(name);
    if (made == copy_.directories_.end() || made->second != identity_of(*work->top().fd)) {
      // It replaced a directory of that name, whose content must not show.
      move_up(name);
      return make_opaque(
          open_at(levels_.back().upper.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).get());
    }
    enter(std::move(work), level.below->directory(name), name);
  }

  /// The directory of a level in the upper directory, made with its metadata.
  const Fd& upper_of(std::size_t at) {
    Level& level = levels_[at];
    if (level.upper) return level.upper;
    const Fd& above = upper_of(at - 1);
    if (::mkdirat(above.get(), level.name.c_str(), 0700) != 0) throw SysError("make directory");
    level.upper = open_at(above.get(), level.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    describe(level);
    return level.upper;
  }

  /// Gives the directory in the upper directory what is said of the one in the copy.
  void describe(const Level& level) {
    owners_.give(level.upper, level.work->path(),
                 {level.status.st_uid, level.status.st_gid, level.status.st_mode, 0});
    std::vector<Xattr> xattrs = read_xattrs(level.work->top().fd->get());
    resolve_records(xattrs, copy_.owners_->how());
    write_xattrs(level.upper, xattrs, owners_);
  }

  void white_out(const std::string& name) {
    const Fd& upper = upper_of(levels_.size() - 1);
    if (make_whiteout(upper.get(), name) != 0) throw SysError("record its removal");
  }

  void move_up(const std::string& name) {
    const Fd& upper = upper_of(levels_.size() - 1);
    const int work = levels_.back().work->top().fd->get();
    if (::renameat(work, name.c_str(), upper.get(), name.c_str()) != 0) throw SysError("move");
  }

  void leave() {
    const Level& level = levels_.back();
    if (level.upper) set_times(level.upper, level.status.st_atim, level.status.st_mtim);
    levels_.pop_back();
  }

  WorkingCopy& copy_;
  const Fd& upper_;
  FileOwners& owners_;
  std::vector<Level> levels_;
  FileComparer comparer_;
};

void WorkingCopy::take_changes(const RootTree& below, const Fd& upper, FileOwners& owners) {
  // Against a clock that was set back the times say nothing: all files are compared.
  if (since_boot() < filled_since_boot_) filled_ = {};
  Changes(*this, upper, owners).run(below);
  RootTree taken(duplicate(upper.get()));
  for (const auto& [path, owner] : owners_->links()) {
    if (const auto status = taken.stat(path); status && !S_ISDIR(status->st_mode)) {
      owners.add_link(path, owner);
    }
  }
}

}  // namespace cbuild::layer
