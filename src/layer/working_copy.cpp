// Filling a working copy; see working_copy.h.
#include "cbuild/layer/working_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/copy_content.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/text.h"
#include "cbuild/util/xattr.h"
#include "src/layer/directory_walk.h"
#include "src/layer/file_xattrs.h"

namespace cbuild::layer {

namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

bool is_before(const timespec& a, const timespec& b) {
  return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

/// The time of change that the file system gives now.
timespec time_of_change(const Fd& file) {
  struct stat status {};

  if (::fchmod(file.get(), 0600) != 0 || ::fstat(file.get(), &status) != 0) throw SysError("stat");
  return status.st_ctim;
}

}  // namespace

/// One fill(). Directories are walked by one thread; the files of each are copied by all.
class WorkingCopy::Filler {
 public:
  Filler(WorkingCopy& copy, const CancelToken& cancel) : copy_(copy), cancel_(cancel) {}

  void run(const RootTree& from) {
    source_how_ = from.ownership();
    enter(from.directory(""), duplicate(copy_.directory_.get()));
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.next == level.below.size()) {
        leave();
        continue;
      }
      const std::string name = level.below[level.next++];
      with_context(printable(name), [&] {
        auto source = sources_.top().directory(name);
        if (!source) throw Error("is no directory any more");
        enter(std::move(source), make_directory(name));
      });
    }
  }

 private:
  struct Level {
    std::vector<std::string> below;  ///< names of the directories in it
    std::size_t next = 0;

    struct stat status {};
  };

  void enter(std::shared_ptr<const TreeDirectory> source, Fd made) {
    cancel_.check();
    Level level;
    level.status = source->stat();
    const NameList names(*source);
    std::vector<std::string> files;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string name(names.name(i));
      bool is_directory = names.type(i) == DT_DIR;
      if (names.type(i) == DT_UNKNOWN) {
        const auto status = source->stat(name);
        is_directory = status && S_ISDIR(status->st_mode);
      }
      (is_directory ? level.below : files).push_back(name);
    }
    note(source->path(), made);
    sources_.push(std::move(source));
    targets_.push(layer_directory(made));
    constexpr std::size_t kFewFiles = 16;
    const std::size_t threads = files.size() <= kFewFiles ? 1 : processor_count();
    parallel_for(files.size(), threads, [&](std::size_t i) {
      cancel_.check();
      with_context(printable(files[i]), [&] { copy_file(files[i]); });
    });
    levels_.push_back(std::move(level));
  }

  void note(const std::string& path, const Fd& made) {
    copy_.directories_.insert_or_assign(path, identity_of(made));
  }

  Fd make_directory(const std::string& name) {
    if (::mkdirat(targets_.fd(), name.c_str(), 0700) != 0 && errno != EEXIST) {
      throw SysError("make directory");
    }
    return open_at(targets_.fd(), name, kDirectory);
  }

  /// Of a directory, when all is in it: writing into it changes its time, and its mode may forbid
  /// it.
  void leave() {
    const TreeDirectory& source = sources_.top();
    set_metadata(*targets_.top().top().fd, source.path(), levels_.back().status,
                 read_xattrs(sources_.fd()));
    levels_.pop_back();
    sources_.pop();
    targets_.pop();
  }

  void set_metadata(const Fd& file,
                    const std::string& path,
                    const struct stat& status,
                    std::vector<Xattr> xattrs) const {
    FileOwners& owners = *copy_.owners_;
    owners.give(file, path, {status.st_uid, status.st_gid, status.st_mode, status.st_rdev});
    resolve_records(xattrs, source_how_);
    write_xattrs(file, xattrs, owners);
    set_times(file, status.st_atim, status.st_mtim);
  }

  void copy_file(const std::string& name) const {
    const TreeDirectory& source = sources_.top();
    const auto status = source.stat(name);
    if (!status) throw Error("is gone");
    const std::string path = source.path_of(name);
    const TreeDirectory::Part& part = source.part_of(name);
    if (S_ISSOCK(status->st_mode)) return;
    if (!S_ISREG(status->st_mode)) return copy_special(name, path, *status);
    const Fd from = open_quietly(part.fd->get(), name.c_str(), O_RDONLY | O_NONBLOCK);
    const Fd to = open_at(targets_.fd(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    copy_content(from, to, status->st_size, path, cancel_);
    set_metadata(to, path, *status, read_xattrs(from.get()));
  }

  void copy_special(const std::string& name,
                    const std::string& path,
                    const struct stat& status) const {
    const mode_t type = status.st_mode & S_IFMT;
    if (S_ISLNK(type)) {
      const std::string target = sources_.top().read_link(name);
      if (::symlinkat(target.c_str(), targets_.fd(), name.c_str()) != 0) throw SysError("create");
    } else {
      // A device would be one to the step: what stands for it is an empty file.
      const mode_t made = S_ISFIFO(type) ? type : mode_t{S_IFREG};
      if (::mknodat(targets_.fd(), name.c_str(), made | 0600, 0) != 0) throw SysError("create");
    }
    set_metadata(open_itself(*targets_.top().top().fd, name), path, status,
                 read_xattrs_at(sources_.top().part_of(name).fd->get(), name));
  }

  WorkingCopy& copy_;
  const CancelToken& cancel_;
  Ownership source_how_ = Ownership::real;
  DirectoryStack sources_;
  DirectoryStack targets_;
  std::vector<Level> levels_;
};

WorkingCopy::Identity WorkingCopy::identity_of(const Fd& directory) {
  constexpr std::int64_t kSecond = 1'000'000'000;

  struct statx status {};

  if (::statx(directory.get(), "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) {
    throw SysError("stat");
  }
  const bool knows = (status.stx_mask & STATX_BTIME) != 0;
  return {status.stx_ino, knows ? status.stx_btime.tv_sec * kSecond + status.stx_btime.tv_nsec : 0};
}

WorkingCopy::WorkingCopy(Fd directory, std::shared_ptr<FileOwners> owners)
    : directory_(std::move(directory)), owners_(std::move(owners)) {}

void WorkingCopy::fill(const RootTree& from, const CancelToken& cancel) {
  Filler(*this, cancel).run(from);
  note_time();
}

bool WorkingCopy::is_untouched(const struct stat& status) const noexcept {
  return is_before(status.st_ctim, filled_);
}

/// How far the clock of the files is ahead of the one that nobody sets, in milliseconds.
std::int64_t WorkingCopy::since_boot() {
  timespec real{};
  timespec boot{};
  ::clock_gettime(CLOCK_REALTIME, &real);
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return (real.tv_sec - boot.tv_sec) * 1000 + (real.tv_nsec - boot.tv_nsec) / 1'000'000;
}

/// Waits until the clock of the file system has moved on: what is changed later has another time.
void WorkingCopy::note_time() {
  constexpr const char* kProbe = ".cbuild-time";
  constexpr int kMostTries = 5000;
  constexpr useconds_t kPause = 500;

  struct stat status {};

  if (::fstat(directory_.get(), &status) != 0) throw SysError("stat");
  const Fd probe = open_at(directory_.get(), kProbe, O_RDWR | O_CREAT | O_EXCL, 0600);
  const timespec before = time_of_change(probe);
  filled_ = before;
  for (int i = 0; i < kMostTries && !is_before(before, filled_); ++i) {
    ::usleep(kPause);
    filled_ = time_of_change(probe);
  }
  if (::unlinkat(directory_.get(), kProbe, 0) != 0) throw SysError("remove {}", kProbe);
  set_times(directory_, status.st_atim, status.st_mtim);
  constexpr std::int64_t kTolerance = 2;  // of two readings, one after the other
  filled_since_boot_ = since_boot() - kTolerance;
}

}  // namespace cbuild::layer
