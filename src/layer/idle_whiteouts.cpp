// Removes whiteouts that hide nothing from the directory of a layer; see diff.h.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/layer/diff.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/text.h"
#include "src/layer/directory_walk.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

using Directory = std::shared_ptr<const TreeDirectory>;

/// The walk over the layer.
class Dropper {
 public:
  Dropper(const Fd& layer, const RootTree& below) {
    enter(layer_directory(layer), below.directory(""));
  }

  void run() {
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.next == level.names.size()) {
        leave();
        continue;
      }
      const std::size_t at = level.next++;
      const unsigned char type = level.names.type(at);
      const bool may_be_whiteout = type == DT_CHR || (type == DT_REG && level.has_file_whiteouts);
      if (type != DT_DIR && type != DT_UNKNOWN && !may_be_whiteout) continue;
      const std::string name(level.names.name(at));
      with_context(printable(name), [&] { look_at(name); });
    }
  }

 private:
  struct Level {
    NameList names;

    struct stat status {};  ///< before anything was removed

    Directory below;  ///< what the layer's directory is merged with; null = nothing
    bool has_file_whiteouts = false;
    std::size_t next = 0;
    bool removed = false;
  };

  void enter(Directory directory, Directory below) {
    if (opaque_mark(directory->top().fd->get()) != nullptr) below.reset();
    levels_.push_back({.names = NameList(*directory),
                       .status = directory->stat(),
                       .below = std::move(below),
                       .has_file_whiteouts = holds_file_whiteouts(directory->top().fd->get())});
    directories_.push(std::move(directory));
  }

  void look_at(const std::string& name) {
    const auto status = directories_.top().stat(name);
    if (!status) throw Error("is gone");
    const Directory& below = levels_.back().below;
    if (S_ISDIR(status->st_mode)) {
      enter(directories_.top().directory(name), below ? below->directory(name) : nullptr);
    } else if (is_whiteout(*status, directories_.fd(), name.c_str()) &&
               (!below || !below->stat(name))) {
      if (::unlinkat(directories_.fd(), name.c_str(), 0) != 0) throw SysError("remove");
      levels_.back().removed = true;
    }
  }

  void leave() {
    const Level& level = levels_.back();
    if (level.removed) {
      set_times(*directories_.top().top().fd, {0, UTIME_OMIT}, level.status.st_mtim);
    }
    levels_.pop_back();
    directories_.pop();
  }

  DirectoryStack directories_;
  std::vector<Level> levels_;
};

}  // namespace

void drop_idle_whiteouts(const Fd& layer, const RootTree& below) {
  Dropper(layer, below).run();
}

}  // namespace cbuild::layer
