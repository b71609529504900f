// Modes, times and .git directories; see git_files.h.
#include "src/ops/sources/git_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"

namespace cbuild::ops {

void make_uniform(const Fd& directory, const timespec& time) {
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    const Fd itself = open_itself(directory, entry.name);

    struct stat status {};

    if (::fstat(itself.get(), &status) != 0) throw SysError("stat {}", entry.name);
    if (S_ISDIR(status.st_mode)) {
      const Fd below = open_at(directory.get(), entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      set_mode(below, 0755);
      make_uniform(below, time);
    } else if (S_ISREG(status.st_mode)) {
      set_mode(itself, (status.st_mode & 0100) != 0 ? 0755 : 0644);
    }
    set_times(itself, time, time);
  }
  set_times(directory, time, time);
}

void remove_git_directories(const Fd& directory) {
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    if (entry.name == ".git") {
      remove_tree(directory.get(), entry.name);
      continue;
    }
    const Fd below(::openat(directory.get(), entry.name.c_str(),
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below && is_fault_of_machine(errno)) throw SysError("open {}", entry.name);
    if (below) remove_git_directories(below);
  }
}

}  // namespace cbuild::ops
