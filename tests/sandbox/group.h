// A control group for tests, where one can be made.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "src/sandbox/cgroup_directories.h"

namespace cbuild::sandbox {

/// A control group beneath the one of this process; removed at the end.
class Group {
 public:
  /// Null where none can be made.
  static std::unique_ptr<Group> make(const std::string& controller) {
    for (const std::string& parent : cgroup_directories(controller).paths) {
      const std::string path = parent + "/sandbox-test-" + std::to_string(::getpid());
      if (::mkdir(path.c_str(), 0755) == 0) return std::unique_ptr<Group>(new Group(path));
    }
    MESSAGE("no control group can be made for " << controller);
    return nullptr;
  }

  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  ~Group() {
    while (::rmdir(path_.c_str()) != 0 && errno == EBUSY)
      ::usleep(1000);
  }

  int fd() const { return directory_.get(); }

  /// False where the group has no such file.
  bool write(const std::string& name, const std::string& text) const {
    const Fd file(::open((path_ + "/" + name).c_str(), O_WRONLY | O_CLOEXEC));
    return file && ::write(file.get(), text.data(), text.size()) > 0;
  }

  long count_processes() const {
    const std::string text = read_file(path_ + "/cgroup.procs");
    return std::count(text.begin(), text.end(), '\n');
  }

 private:
  explicit Group(std::string path)
      : path_(std::move(path)), directory_(open_file(path_, O_PATH | O_DIRECTORY)) {}

  std::string path_;
  Fd directory_;
};

}  // namespace cbuild::sandbox
