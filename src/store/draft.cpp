// Names, locks and removal of drafts; see draft.h.
#include "src/store/draft.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"

namespace cbuild::store {

namespace {

constexpr std::string_view kPrefix = "new-";
constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string random_name() {
  std::random_device random;
  return fmt::format("{}{:08x}{:08x}", kPrefix, random(), random());
}

/// The directory, unless it has been removed.
Fd find_draft(const Fd& entry, const std::string& name) {
  Fd fd(::openat(entry.get(), name.c_str(), kOpenDirectory));
  if (!fd && errno != ENOENT) throw SysError("open {}", name);
  return fd;
}

void remove_abandoned(const Fd& entry) {
  for (const DirectoryEntry& one : list_directory(entry.get())) {
    if (!one.name.starts_with(kPrefix)) continue;
    const Fd draft = find_draft(entry, one.name);
    if (draft && try_lock(draft, LockMode::exclusive)) remove_tree(entry.get(), one.name);
  }
}

}  // namespace

Draft::Draft(const Fd& entry, std::string path) : entry_(entry), path_(std::move(path)) {
  remove_abandoned(entry);
  do {
    name_ = random_name();
    if (::mkdirat(entry.get(), name_.c_str(), 0700) != 0) {
      throw SysError("make directory {}/{}", path_, name_);
    }
    fd_ = find_draft(entry, name_);
    // Before it was locked, another process may have removed it as abandoned.
  } while (!fd_ || !try_lock(fd_, LockMode::exclusive) || !still_linked(fd_));
}

Draft::~Draft() {
  try {
    remove_tree(entry_.get(), name_);
  } catch (const Error& error) {
    log_debug("cannot remove {}/{}: {}", path_, name_, error.what());
  }
}

void Draft::publish(const Fd& directory, const std::string& name) const {
  const std::vector<DirectoryEntry> made = list_directory(fd_.get());
  if (made.size() != 1) {
    throw Error("{}/{} has {} entries, expected one", path_, name_, made.size());
  }
  const int renamed = ::renameat2(fd_.get(), made.front().name.c_str(), directory.get(),
                                  name.c_str(), RENAME_NOREPLACE);
  if (renamed != 0 && errno != EEXIST) {
    throw SysError("rename {}/{} to {}", path_, name_, printable(name));
  }
}

}  // namespace cbuild::store
