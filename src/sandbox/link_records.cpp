// Lists of links with owners; see link_records.h.
#include "src/sandbox/link_records.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/sandbox/step_owners.h"
#include "src/sandbox/syscalls.h"

namespace cbuild::sandbox {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

class Collection {
 public:
  Collection(int root, const StepOwners& owners) : root_(root), owners_(owners) {}

  /// @param path of the directory, with a slash at its end; empty for the root
  void add_directory(int parent, const char* name, const std::string& path) {
    Fd fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw SysError("open the changed directory {}", path);
    const std::unique_ptr<DIR, CloseDirectory> entries(::fdopendir(fd.get()));
    if (!entries) throw SysError("read the changed directory {}", path);
    const int at = fd.release();
    while (const dirent* entry = ::readdir(entries.get())) {
      const std::string entry_name = entry->d_name;
      if (entry_name == "." || entry_name == "..") continue;
      const mode_t type = type_of(at, *entry);
      if (S_ISDIR(type)) {
        add_directory(at, entry_name.c_str(), path + entry_name + "/");
      } else if (S_ISLNK(type) || S_ISFIFO(type) || S_ISSOCK(type)) {
        add(path + entry_name);
      }
    }
  }

  LinkOwners take() { return std::move(found_); }

 private:
  static mode_t type_of(int directory, const dirent& entry) noexcept {
    if (entry.d_type != DT_UNKNOWN) return DTTOIF(entry.d_type);

    struct stat status {};

    ::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW);
    return status.st_mode;
  }

  /// By its inode in the overlay.
  void add(const std::string& path) {
    const Fd file(open_resolved(root_, path.c_str(), O_PATH | O_NOFOLLOW,
                                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
    if (!file) return;
    const auto record = owners_.find(file.get());
    if (record && (record->uid != 0 || record->gid != 0))
      found_[path] = {.uid = record->uid, .gid = record->gid};
  }

  int root_;
  const StepOwners& owners_;
  LinkOwners found_;
};

}  // namespace

void load_link_owners(const LinkOwners& links, StepOwners& owners) {
  for (const auto& [path, owner] : links) {
    const Fd file(
        open_resolved(AT_FDCWD, ("/" + path).c_str(), O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS));
    if (file) owners.set_permanent(file.get(), {.uid = owner.uid, .gid = owner.gid});
  }
}

LinkOwners collect_link_owners(int upper, int root, const StepOwners& owners) {
  if (owners.table().empty()) return {};
  Collection collection(root, owners);
  collection.add_directory(upper, ".", "");
  return collection.take();
}

}  // namespace cbuild::sandbox
