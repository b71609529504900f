// Where the thread of a supervisor stands: its paths mean what they mean to the step.
#pragma once

#include <sys/types.h>

#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// Gives the thread that makes it a root and a current directory of its own. Its root is that of
/// the step, so that an absolute path, a link and ".." lead nowhere else. Its current directory is
/// /proc of this process's own pid namespace: "TID/cwd/NAME" is a file as a thread of the step
/// names it, "self/fd/N" an open one.
class Standpoint {
 public:
  /// @throws SysError, also when /proc is that of another pid namespace and no other can be mounted
  explicit Standpoint(Fd root);
  Standpoint(const Standpoint&) = delete;
  Standpoint& operator=(const Standpoint&) = delete;

  int proc() const noexcept { return proc_.get(); }

  int root() const noexcept { return root_.get(); }

  /// The step sees the /proc of this process, because it can have none of its own: "/proc/self" is
  /// this process there, and the step when the step looks.
  bool shares_proc() const noexcept { return shares_proc_; }

  /// Some thread has called chroot(2).
  void expect_other_roots() noexcept { has_other_roots_ = true; }

  /// Takes on the root of a thread, when it may be another one. False: errno says why.
  bool move_to(pid_t thread) noexcept;

  /// It may have another root than the step.
  bool is_away() const noexcept { return is_away_; }

  /// Back to the root of the step.  @throws SysError
  void return_home();

 private:
  Fd root_;
  Fd proc_;
  bool shares_proc_ = false;
  bool has_other_roots_ = false;
  bool is_away_ = false;
};

/// The path of an open file, relative to the current directory of a Standpoint.
std::string path_of(int fd);

}  // namespace cbuild::sandbox
