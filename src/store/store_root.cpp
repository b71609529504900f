// Owner, mode, format and fixed directories of a store; see store_root.h.
#include "src/store/store_root.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/text.h"
#include "src/store/database.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

constexpr std::string_view kFormat = "2";

struct FrameDirectory {
  std::string_view name;
  mode_t mode;
};

/// Those that are always there, each after the one that it is in.
constexpr std::array<FrameDirectory, 7> kFrame = {{{"blobs", 0700},
                                                   {"blobs/sha256", 0700},
                                                   {"ingest", 0700},
                                                   {"locks", 0700},
                                                   {"snapshots", 0700},
                                                   {"snapshots/0", 0755},
                                                   {"staging", 0700}}};

std::optional<struct stat> look_at(const std::string& path, int flags = AT_SYMLINK_NOFOLLOW) {
  struct stat status = {};
  if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) == 0) return status;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw SysError("stat {}", path);
}

[[noreturn]] void refuse_owner(const std::string& path, uid_t owner) {
  throw Error("{} belongs to user {}, not to user {}", path, owner, ::geteuid())
      .with_hint("run cbuild as that user, or choose another store with --root");
}

/// A store of root's can be read by all who have the permission; nobody else's is trusted, also
/// not by root: its owner could exchange any part of it at any time.
void check_owner(const std::string& path, const struct stat& status) {
  if (status.st_uid != ::geteuid() && status.st_uid != 0) refuse_owner(path, status.st_uid);
}

void check_mode(const std::string& root, const struct stat& status) {
  if ((status.st_mode & 022) == 0) return;
  throw Error("other users can write to the store {}: its mode is {:04o}", root,
              status.st_mode & 07777)
      .with_hint(fmt::format("check that you own every file in it, then run: chmod 700 {}", root));
}

/// Makes what is missing; a read-only store may lack it.
void complete_frame(const std::string& root) {
  for (const auto& [name, mode] : kFrame) {
    const std::string path = fmt::format("{}/{}", root, name);
    if (const auto there = look_at(path)) {
      check_owner(path, *there);
      continue;
    }
    if (::mkdir(path.c_str(), mode) != 0) {
      if (errno == EEXIST || errno == EROFS || errno == EACCES) continue;
      throw SysError("make directory {}", path);
    }
    set_mode(open_directory(path), mode);  // whatever the umask says
  }
}

/// Only what creation makes may be there, and only of our own: a wrong path must not be littered,
/// nor what another prepared be used.
void refuse_foreign_entries(const std::string& root, const Fd& directory) {
  constexpr std::array<std::string_view, 6> kOwn = {"blobs", "ingest",    "lock",
                                                    "locks", "snapshots", "staging"};
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    const std::string_view name = entry.name;
    const bool own = name.starts_with("store.db") || name.starts_with("version") ||
                     std::ranges::find(kOwn, name) != kOwn.end();
    if (!own) {
      throw Error("{} is neither empty nor a store of cbuild", root)
          .with_hint("choose another directory");
    }
    const std::string path = root + "/" + entry.name;
    const auto status = look_at(path);
    if (status && status->st_uid != ::geteuid()) refuse_owner(path, status->st_uid);
  }
}

/// Makes the directory private, whatever mode it had.
void claim_directory(const std::string& root) {
  make_directories(root, 0700);
  const Fd directory = open_directory(root);
  struct stat status = {};
  if (::fstat(directory.get(), &status) != 0) throw SysError("stat {}", root);
  if (status.st_uid != ::geteuid()) refuse_owner(root, status.st_uid);
  refuse_foreign_entries(root, directory);
  if ((status.st_mode & 07777) == 0700) return;
  set_mode(directory, 0700);
  // Until now others may have been able to write there.
  refuse_foreign_entries(root, directory);
}

void check_version(const std::string& root, std::string_view version) {
  if (version == kFormat) return;
  throw Error("the store {} has format '{}', this cbuild knows format {}", root,
              printable(version.substr(0, 20)), kFormat)
      .with_hint("use the cbuild that made the store, or another store");
}

void write_version(const std::string& root) {
  IngestFile file(root);
  write_all(file.fd().get(), as_bytes(fmt::format("{}\n", kFormat)), file.path());
  if (::fsync(file.fd().get()) != 0) throw SysError("fsync {}", file.path());
  file.replace(root + "/version");
  if (::fsync(open_directory(root).get()) != 0) throw SysError("fsync {}", root);
}

/// Makes the store unless another process was faster: the lock lets one at a time do it, because
/// SQLite cannot make one database in two places at once. The version comes last: where it is, all
/// is.
void create(const std::string& root, const CancelToken* cancel) {
  claim_directory(root);
  const Fd held = open_file(root + "/lock", O_RDWR | O_CREAT, 0600);
  lock(held, LockMode::exclusive, "another cbuild that makes the store", cancel);
  if (const auto version = read_file_if_exists(root + "/version", 4096)) {
    return check_version(root, trim(*version));
  }
  complete_frame(root);
  Database::create(root + "/store.db", cancel);
  write_version(root);
}

/// Nobody prunes a store that cannot be written, so that it may lack the lock.
Fd open_lock(const std::string& root) {
  const std::string path = root + "/lock";
  Fd held(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (held) return held;
  if (errno != EROFS && errno != EACCES) throw SysError("open {}", path);
  held = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!held && errno != ENOENT) throw SysError("open {}", path);
  return held;
}

}  // namespace

Fd open_root(const std::string& root, const CancelToken* cancel) {
  const auto there = look_at(root, 0);
  if (there) check_owner(root, *there);
  const auto version = read_file_if_exists(root + "/version", 4096);
  if (there && version) {
    check_mode(root, *there);
    for (const char* file : {"/version", "/store.db"}) {
      const std::string path = root + file;
      if (const auto status = look_at(path)) check_owner(path, *status);
    }
    check_version(root, trim(*version));
    complete_frame(root);
  } else {
    create(root, cancel);
  }
  Fd held = open_lock(root);
  if (held) lock(held, LockMode::shared, "a prune of the store", cancel);
  return held;
}

}  // namespace cbuild::store
