// Fills, merges and renames export directories; see staged_directory.h.
#include "src/exporter/staged_directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/path.h"
#include "cbuild/util/text.h"
#include "src/exporter/destination.h"

namespace cbuild::exporter {

namespace {

constexpr std::string_view kStaging = ".cbuild";

std::optional<struct stat> look_at(const Fd& directory, const std::string& name) {
  struct stat status {};

  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw SysError("stat {}", name);
}

Fd open_child(const Fd& directory, const std::string& name) {
  return open_at(directory.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

void take_over_attributes(const struct stat& from, const Fd& to) {
  struct stat status {};

  if (::fstat(to.get(), &status) != 0) throw SysError("stat the directory");
  const bool same_owner = status.st_uid == from.st_uid && status.st_gid == from.st_gid;
  if (!same_owner) set_owner(to, from.st_uid, from.st_gid);
  set_mode(to, from.st_mode);
  set_times(to, from.st_atim, from.st_mtim);
}

bool is_staging(const std::string& name) {
  return name.starts_with(fmt::format("{}.", kStaging));
}

void remove_others(const Fd& directory, const std::vector<DirectoryEntry>& wanted) {
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    const auto same_name = [&](const DirectoryEntry& other) { return other.name == entry.name; };
    if (!is_staging(entry.name) && std::ranges::none_of(wanted, same_name))
      remove_tree(directory.get(), entry.name);
  }
}

void merge_entry(const Fd& from,
                 const Fd& to,
                 const std::string& name,
                 const MergeOptions& options) {
  const auto incoming = look_at(from, name);
  const auto present = look_at(to, name);
  if (!incoming) return;
  const bool is_directory = S_ISDIR(incoming->st_mode);
  if (present && is_directory && S_ISDIR(present->st_mode)) {
    const Fd target = open_child(to, name);
    merge_tree(open_child(from, name), target, options);
    return take_over_attributes(*incoming, target);
  }
  if (present && !options.replace) throw Error("already exists");
  // rename(2) replaces what is of its kind only.
  if (present && (is_directory || S_ISDIR(present->st_mode))) remove_tree(to.get(), name);
  if (::renameat(from.get(), name.c_str(), to.get(), name.c_str()) != 0)
    throw SysError("rename into the destination");
}

bool is_there(const std::string& path) {
  struct stat status {};

  return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

void merge_tree(const Fd& from, const Fd& to, const MergeOptions& options) {
  const std::vector<DirectoryEntry> entries = list_directory(from.get());
  for (const DirectoryEntry& entry : entries)
    with_context(printable(entry.name), [&] { merge_entry(from, to, entry.name, options); });
  if (options.mirror) remove_others(to, entries);
}

StagedDirectory::StagedDirectory(std::string destination) : destination_(std::move(destination)) {
  while (destination_.size() > 1 && destination_.ends_with('/'))
    destination_.pop_back();
  const bool merges = is_there(destination_);
  if (!merges) make_directories(directory_of(destination_));
  const std::string beside = merges ? fmt::format("{}/{}", destination_, kStaging) : destination_;
  path_ =
      make_beside(beside, [](const std::string& name) { return ::mkdir(name.c_str(), 0777) == 0; });
}

StagedDirectory::~StagedDirectory() {
  if (committed_) return;
  try {
    remove_tree(AT_FDCWD, path_);
  } catch (const Error& error) {
    log_warning("{} could not be removed: {}", path_, error.what());
  }
}

void StagedDirectory::commit(const MergeOptions& options) {
  // Not over an empty directory: it may be mounted, or somebody's current one.
  if (!is_there(destination_) && ::rename(path_.c_str(), destination_.c_str()) == 0) {
    committed_ = true;
    return;
  }
  with_context(destination_,
               [&] { merge_tree(open_directory(path_), open_directory(destination_), options); });
}

}  // namespace cbuild::exporter
