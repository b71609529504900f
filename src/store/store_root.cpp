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
#include "cbuild/util/fd_stream.h"
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
constexpr std::string_view kRecordedFormat = "2 with recorded owners";

struct FrameDirectory {
  const char* name;
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

struct stat look_at(const Fd& fd, const std::string& path) {
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) throw SysError("stat {}", path);
  return status;
}

/// The directory of a store. What is in it is looked up from the descriptor.
struct Root {
  std::string path;
  Fd directory;

  std::string path_of(std::string_view name) const { return fmt::format("{}/{}", path, name); }

  std::optional<struct stat> find(const char* name) const {
    struct stat status = {};
    if (::fstatat(directory.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw SysError("stat {}", path_of(name));
  }
};

[[noreturn]] void refuse_owner(const std::string& path, uid_t owner) {
  throw Error("{} belongs to user {}, not to user {}", path, owner, ::geteuid())
      .with_hint("run cbuild as that user, or choose another store with --root");
}

/// A store of root's can be read by all who have the permission; nobody else's is trusted, also
/// not by root: its owner could exchange any part of it at any time.
bool is_trusted(const struct stat& status) {
  return status.st_uid == 0 || status.st_uid == ::geteuid();
}

void check_entry(const Root& root, const char* name, const struct stat& status) {
  if (!is_trusted(status)) refuse_owner(root.path_of(name), status.st_uid);
}

void check_mode(const std::string& root, const struct stat& status) {
  if ((status.st_mode & 022) == 0) return;
  throw Error("other users can write to the store {}: its mode is {:04o}", root,
              status.st_mode & 07777)
      .with_hint(fmt::format("check that you own every file in it, then run: chmod 700 {}", root));
}

/// Makes what is missing; a read-only store may lack it.
void complete_frame(const Root& root) {
  for (const auto& [name, mode] : kFrame) {
    if (const auto there = root.find(name)) {
      check_entry(root, name, *there);
      continue;
    }
    if (::mkdirat(root.directory.get(), name, mode) != 0) {
      if (errno == EEXIST || errno == EROFS || errno == EACCES) continue;
      throw SysError("make directory {}", root.path_of(name));
    }
    set_mode(open_directory(root.path_of(name)), mode);  // whatever the umask says
  }
}

/// Only what creation makes may be there, and only of our own: a wrong path must not be littered,
/// nor what another prepared be used.
void refuse_foreign_entries(const Root& root) {
  constexpr std::array<std::string_view, 6> kOwn = {"blobs", "ingest",    "lock",
                                                    "locks", "snapshots", "staging"};
  for (const DirectoryEntry& entry : list_directory(root.directory.get())) {
    const std::string_view name = entry.name;
    const bool own = name.starts_with("store.db") || name.starts_with("version") ||
                     std::ranges::find(kOwn, name) != kOwn.end();
    if (!own) {
      throw Error("{} is neither empty nor a store of cbuild", root.path)
          .with_hint("choose another directory");
    }
    const auto status = root.find(entry.name.c_str());
    if (status && status->st_uid != ::geteuid()) {
      refuse_owner(root.path_of(entry.name), status->st_uid);
    }
  }
}

/// Makes the directory private, whatever mode it had.
Root claim_directory(const std::string& path) {
  try {
    make_directories(path, 0700);
  } catch (SysError& error) {
    error.with_hint("choose a directory that you may write to, with --root DIR or CBUILD_ROOT");
    throw;
  }
  Root root{path, open_directory(path)};
  const auto status = look_at(root.directory, path);
  if (status.st_uid != ::geteuid()) refuse_owner(path, status.st_uid);
  refuse_foreign_entries(root);
  if ((status.st_mode & 07777) == 0700) return root;
  set_mode(root.directory, 0700);
  // Until now others may have been able to write there.
  refuse_foreign_entries(root);
  return root;
}

/// nullopt: there is no store in this directory.
std::optional<std::string> read_version(const Root& root) {
  const std::string path = root.path_of("version");
  Fd file(::openat(root.directory.get(), "version",
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) throw SysError("open {}", path);
  check_entry(root, "version", look_at(file, path));
  FdSource source(std::move(file), path);
  return std::string(trim(read_all(source, 4096)));
}

Ownership check_version(const Root& root, std::string_view version) {
  if (version == kFormat) return Ownership::real;
  if (version == kRecordedFormat) return Ownership::recorded;
  throw Error("the store {} has format '{}', this cbuild knows format {}", root.path,
              printable(version.substr(0, 20)), kFormat)
      .with_hint("use the cbuild that made the store, or another store");
}

void write_version(const std::string& root, std::string_view format) {
  IngestFile file(root);
  write_all(file.fd().get(), as_bytes(fmt::format("{}\n", format)), file.path());
  if (::fsync(file.fd().get()) != 0) throw SysError("fsync {}", file.path());
  file.replace(root + "/version");
  if (::fsync(open_directory(root).get()) != 0) throw SysError("fsync {}", root);
}

/// Makes the store unless another process was faster: the lock lets one at a time do it, because
/// SQLite cannot make one database in two places at once. The version comes last: where it is, all
/// is.
Ownership create(const std::string& path, const CancelToken* cancel) {
  const Root root = claim_directory(path);
  const Fd held = open_file(path + "/lock", O_RDWR | O_CREAT, 0600);
  lock(held, LockMode::exclusive, "another cbuild that makes the store", cancel);
  if (const auto version = read_version(root)) return check_version(root, *version);
  complete_frame(root);
  Database::create(path + "/store.db", cancel);
  write_version(path, kFormat);
  return Ownership::real;
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

/// nullopt: there is no store yet.
std::optional<Ownership> check(const Root& root) {
  if (!root.directory) return std::nullopt;
  const auto status = look_at(root.directory, root.path);
  if (!is_trusted(status)) refuse_owner(root.path, status.st_uid);
  const auto version = read_version(root);
  if (!version) return std::nullopt;
  check_mode(root.path, status);
  if (const auto database = root.find("store.db")) check_entry(root, "store.db", *database);
  const Ownership ownership = check_version(root, *version);
  complete_frame(root);
  return ownership;
}

}  // namespace

OpenedRoot open_root(const std::string& path, const CancelToken* cancel) {
  const Root root{path, Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC))};
  if (!root.directory && errno != ENOENT && errno != ENOTDIR) throw SysError("open {}", path);
  const auto there = check(root);
  const Ownership ownership = there ? *there : create(path, cancel);
  Fd held = open_lock(path);
  if (held) lock(held, LockMode::shared, "a prune of the store", cancel);
  return {std::move(held), ownership};
}

Ownership read_ownership(const std::string& path) {
  const Root root{path, open_directory(path)};
  const auto version = read_version(root);
  if (!version) throw Error("the store {} has lost its version", path);
  return check_version(root, *version);
}

void write_recorded_version(const std::string& path) {
  write_version(path, kRecordedFormat);
}

}  // namespace cbuild::store
