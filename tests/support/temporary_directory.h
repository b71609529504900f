// A directory for one test.
#pragma once

#include <fcntl.h>
#include <stdlib.h>

#include <string>
#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"

namespace cbuild {

/// A new directory, removed at the end with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    if (::mkdtemp(path_.data()) == nullptr) throw SysError("mkdtemp");
    fd_ = open_directory(path_);
  }

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  ~TemporaryDirectory() {
    try {
      remove_tree(AT_FDCWD, path_);
    } catch (const Error&) {  // what is left is in /tmp
    }
  }

  const std::string& path() const { return path_; }

  /// An O_RDONLY descriptor of it.
  const Fd& fd() const { return fd_; }

  std::string at(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_ = "/tmp/cbuild-test-XXXXXX";
  Fd fd_;
};

}  // namespace cbuild
