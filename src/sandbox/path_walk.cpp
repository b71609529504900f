// A path part by part; see path_walk.h.
#include "src/sandbox/path_walk.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <string>

#include "cbuild/util/fd.h"
#include "cbuild/util/text.h"
#include "src/sandbox/syscalls.h"

namespace cbuild::sandbox {

namespace {

constexpr int kMostLinks = 40;  // as the kernel

bool is_link(int fd) noexcept {
  struct stat status {};

  return ::fstat(fd, &status) == 0 && S_ISLNK(status.st_mode);
}

class Walk {
 public:
  Walk(int base, std::string_view path, bool follow, pid_t thread)
      : at_(base == AT_FDCWD ? -1 : ::fcntl(base, F_DUPFD_CLOEXEC, 0)),
        follow_(follow),
        thread_(thread) {
    put_in_front(path);
  }

  Fd run() {
    while (!rest_.empty()) {
      const std::string name = std::move(rest_.front());
      rest_.pop_front();
      if (!step(name)) return {};
    }
    return std::move(at_);
  }

 private:
  /// The parts of a path come before what is left.
  void put_in_front(std::string_view path) {
    if (path.starts_with('/')) at_ = Fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    std::deque<std::string> parts;
    for (std::string& part : split(path, '/')) {
      if (!part.empty()) parts.push_back(std::move(part));
    }
    rest_.insert(rest_.begin(), parts.begin(), parts.end());
  }

  bool refuse(int code) noexcept {
    errno = code;
    return false;
  }

  bool step(const std::string& name) {
    if ((name == "self" || name == "thread-self") && is_in_proc(at_.get())) return enter_own();
    Fd next(open_resolved(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW, 0));
    if (!next) return false;
    if (!is_link(next.get()) || (rest_.empty() && !follow_)) {
      at_ = std::move(next);
      return true;
    }
    if (++links_ > kMostLinks || is_in_proc(next.get())) return refuse(ELOOP);
    std::array<char, PATH_MAX> target;
    const ssize_t size = ::readlinkat(next.get(), "", target.data(), target.size());
    if (size < 0) return false;
    put_in_front({target.data(), static_cast<std::size_t>(size)});
    return true;
  }

  /// The magic link that follows on "self" is that of the thread in our own /proc, which has a
  /// directory for it. Nothing else of that /proc is opened.
  bool enter_own() {
    std::string path = std::to_string(thread_);
    if (rest_.empty()) return refuse(ENOENT);
    const std::string name = std::move(rest_.front());
    rest_.pop_front();
    if (name == "fd" && !rest_.empty()) {
      const std::string number = std::move(rest_.front());
      rest_.pop_front();
      if (number.find_first_not_of("0123456789") != std::string::npos) return refuse(ENOENT);
      path += "/fd/" + number;
    } else if (name == "cwd" || name == "root" || name == "exe") {
      path += "/" + name;
    } else {
      return refuse(ENOENT);
    }
    const bool is_wanted_itself = rest_.empty() && !follow_;
    at_ = Fd(::open(path.c_str(), O_PATH | O_CLOEXEC | (is_wanted_itself ? O_NOFOLLOW : 0)));
    return static_cast<bool>(at_);
  }

  Fd at_;
  std::deque<std::string> rest_;
  bool follow_;
  pid_t thread_;
  int links_ = 0;
};

}  // namespace

bool is_in_proc(int fd) noexcept {
  struct statfs status {};

  return ::fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

Fd walk_path(int base, std::string_view path, bool follow, pid_t thread) {
  return Walk(base, path, follow, thread).run();
}

}  // namespace cbuild::sandbox
