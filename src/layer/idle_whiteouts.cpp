// Removes whiteouts that hide nothing from the directory of a layer; see diff.h.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/diff.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/layer/directory_walk.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

bool is_opaque(const Fd& directory) {
  for (const char* mark : {kOpaqueXattr, kTrustedOpaqueXattr}) {
    char value = '\0';
    if (::fgetxattr(directory.get(), mark, &value, 1) == 1 && value == 'y') return true;
  }
  return false;
}

/// The effect of one layer on a path.
enum class Answer { shown, hidden, unknown };

Answer ask(Fd directory, std::string_view path) {
  bool opaque = is_opaque(directory);
  for (;;) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string name(path.substr(0, end));

    struct stat status {};

    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) throw SysError("stat {}", printable(name));
      return opaque ? Answer::hidden : Answer::unknown;
    }
    if (is_overlay_whiteout(status)) return Answer::hidden;
    if (end == path.size()) return Answer::shown;
    if (!S_ISDIR(status.st_mode)) return Answer::hidden;
    directory = open_at(directory.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    opaque = opaque || is_opaque(directory);
    path.remove_prefix(end + 1);
  }
}

/// Whether overlayfs would show `path` of these layers, the topmost first.
bool is_shown(const std::vector<std::string>& layers, std::string_view path) {
  for (const std::string& layer : layers) {
    const Answer answer = ask(open_directory(layer), path);
    if (answer != Answer::unknown) return answer == Answer::shown;
  }
  return false;
}

/// The walk over the layer.
class Dropper {
 public:
  Dropper(const Fd& layer, const std::vector<std::string>& below) : below_(below) {
    enter(open_quietly(layer.get(), ".", O_RDONLY | O_DIRECTORY), false);
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
      if (type != DT_DIR && type != DT_CHR && type != DT_UNKNOWN) continue;
      look_at(std::string(level.names.name(at)));
    }
  }

 private:
  struct Level {
    NameList names;

    struct stat status {};  ///< before anything was removed

    bool anew = false;          ///< nothing below the layer shows in it
    std::size_t path_size = 0;  ///< of the directory above
    std::size_t next = 0;
    bool removed = false;
  };

  void enter(Fd directory, bool above_anew, std::size_t path_size = 0) {
    Level level{.names = NameList(directory.get()), .path_size = path_size};
    if (::fstat(directory.get(), &level.status) != 0) throw SysError("stat");
    level.anew = above_anew || is_opaque(directory);
    directories_.push(std::move(directory));
    levels_.push_back(std::move(level));
  }

  void look_at(const std::string& name) {
    struct stat status {};

    if (::fstatat(directories_.top().get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      throw SysError("stat {}", printable(path_ + name));
    }
    if (S_ISDIR(status.st_mode)) {
      Fd below = open_quietly(directories_.top().get(), name.c_str(), O_RDONLY | O_DIRECTORY);
      const std::size_t path_size = path_.size();
      path_ += name + "/";
      enter(std::move(below), levels_.back().anew, path_size);
    } else if (is_overlay_whiteout(status) &&
               (levels_.back().anew || !is_shown(below_, path_ + name))) {
      if (::unlinkat(directories_.top().get(), name.c_str(), 0) != 0) {
        throw SysError("remove {}", printable(path_ + name));
      }
      levels_.back().removed = true;
    }
  }

  void leave() {
    const Level& level = levels_.back();
    if (level.removed) {
      set_times(directories_.top(), {0, UTIME_OMIT}, level.status.st_mtim);
    }
    path_.resize(level.path_size);
    levels_.pop_back();
    directories_.pop();
  }

  const std::vector<std::string>& below_;
  DirectoryStack directories_;
  std::vector<Level> levels_;
  std::string path_;  ///< of the directory where the walk is; "" or ending in '/'
};

}  // namespace

void drop_idle_whiteouts(const Fd& layer, const std::vector<std::string>& below) {
  Dropper(layer, below).run();
}

}  // namespace cbuild::layer
