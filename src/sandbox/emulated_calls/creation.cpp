// The calls that make files: a file of another owner than root is made here, and has a record then.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "cbuild/util/owner_record.h"
#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/standpoint.h"
#include "src/sandbox/thread_status.h"

namespace cbuild::sandbox {

namespace {

constexpr int kTemporary = O_TMPFILE & ~O_DIRECTORY;

/// A file to be made.
struct NewFile {
  Fd directory;
  std::string leaf;  ///< the file in it; empty for O_TMPFILE
  OwnerRecord record;
  mode_t umask;
  bool has_group_of_directory;  ///< the directory has the set-group-ID bit
};

/// The umask of this thread, whose root and current directory are not those of others either.
class Umask {
 public:
  explicit Umask(mode_t mask) noexcept : former_(::umask(mask)) {}

  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

  ~Umask() { ::umask(former_); }

 private:
  mode_t former_;
};

bool has_set_group_id(int directory, const OwnerRecord& record) noexcept {
  struct stat status {};

  if (record.mode) return (*record.mode & S_ISGID) != 0;
  return ::fstat(directory, &status) == 0 && (status.st_mode & S_ISGID) != 0;
}

/// Where the caller makes the file `name`, and whose it is. nullopt: the kernel does it right,
/// because the file is root's, or the call fails.
/// @param special a record is needed in any case
std::optional<NewFile> plan_file(const CallContext& call,
                                 const FileName& name,
                                 bool temporary,
                                 bool special = false) {
  const EmulatedCredentials& credentials = call.credentials();
  const bool is_root = credentials.user.filesystem == 0 && credentials.group.filesystem == 0;
  const FileName parent = temporary ? FileName{name.dirfd, name.path, true} : name.parent();
  if (is_root && !special &&
      call.owners().look(call.tracee.quick_name(parent), true) == StepOwners::Answer::none) {
    return std::nullopt;
  }
  NewFile file{.directory = call.open(parent),
               .leaf = temporary ? "" : name.leaf(),
               .record = {.uid = credentials.user.filesystem, .gid = credentials.group.filesystem},
               .umask = 0,
               .has_group_of_directory = false};
  if (!file.directory || (file.leaf.empty() && !temporary)) return std::nullopt;
  const auto above = call.owners().find(file.directory.get()).value_or(OwnerRecord{});
  file.has_group_of_directory = has_set_group_id(file.directory.get(), above);
  if (file.has_group_of_directory) file.record.gid = above.gid;
  if (file.record.is_default() && !special) return std::nullopt;
  file.umask = status_of(call.emulation.standpoint.proc(), call.tracee.thread()).umask;
  return file;
}

/// A directory in one with the set-group-ID bit has it too. The kernel sees to it, unless the bit
/// is in a record. @return 0 or an errno
int hand_set_group_id_down(int directory) {
  struct stat status {};

  if (::fstat(directory, &status) != 0) return errno;
  if ((status.st_mode & S_ISGID) != 0) return 0;
  return ::fchmod(directory, (status.st_mode & 07777) | S_ISGID) == 0 ? 0 : errno;
}

/// Gives the new file its record.
Reply record_new(const CallContext& call, const NewFile& file, mode_t type) {
  const int flags = S_ISDIR(type) ? O_RDONLY | O_DIRECTORY : O_PATH;
  const Fd made(::openat(file.directory.get(), file.leaf.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  if (!made) return failing(errno);
  int code = 0;
  if (S_ISDIR(type) && file.has_group_of_directory) code = hand_set_group_id_down(made.get());
  if (code == 0) code = call.owners().set(made.get(), file.record);
  return outcome(code);
}

/// What all forms of open(2) do.
Reply open_new(const CallContext& call, int flags, mode_t mode) {
  // With O_PATH the kernel ignores O_CREAT and O_EXCL, and would follow a link: nothing is made.
  if ((flags & O_PATH) != 0) return Proceed{};
  const auto name = call.tracee.file_of(call.form);
  if (!name) return Proceed{};
  const bool temporary = (flags & kTemporary) != 0;
  const auto file = plan_file(call, *name, temporary);
  if (!file) return Proceed{};
  Fd opened;
  {
    const Umask umask(file->umask);
    const int wanted =
        flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | (temporary ? 0 : O_CREAT | O_EXCL);
    opened = Fd(::openat(file->directory.get(), temporary ? "." : file->leaf.c_str(), wanted,
                         mode & 07777));
  }
  // EEXIST and whatever else the kernel says to the caller itself: no file was made.
  if (!opened) return Proceed{};
  if (const int code = call.owners().set(opened.get(), file->record)) return failing(code);
  return ReturnFile{std::move(opened), (flags & O_CLOEXEC) != 0};
}

}  // namespace

Reply answer_open(const CallContext& call) {
  return open_new(call, static_cast<int>(call.word(0)), call.word(1));
}

Reply answer_creat(const CallContext& call) {
  return open_new(call, O_WRONLY | O_CREAT | O_TRUNC, call.word(0));
}

Reply answer_openat2(const CallContext& call) {
  open_how how{};
  if (!call.tracee.read_value(call.argument(0), how)) return Proceed{};
  const int flags = static_cast<int>(how.flags);
  // Restricted look-ups are the kernel's: the file is root's then.
  if ((flags & (O_CREAT | kTemporary)) == 0 || how.resolve != 0) return Proceed{};
  return open_new(call, flags, static_cast<mode_t>(how.mode));
}

Reply answer_mkdir(const CallContext& call) {
  const auto name = call.tracee.file_of(call.form);
  if (!name) return Proceed{};
  FileName stripped = *name;
  while (stripped.path.size() > 1 && stripped.path.ends_with('/'))
    stripped.path.pop_back();
  const auto file = plan_file(call, stripped, /*temporary=*/false);
  if (!file) return Proceed{};
  {
    const Umask umask(file->umask);
    if (::mkdirat(file->directory.get(), file->leaf.c_str(), call.word(0)) != 0)
      return failing(errno);
  }
  return record_new(call, *file, S_IFDIR);
}

Reply answer_mknod(const CallContext& call) {
  const auto name = call.tracee.file_of(call.form);
  if (!name) return Proceed{};
  const mode_t mode = call.word(0);
  const bool is_device = S_ISCHR(mode) || S_ISBLK(mode);
  if (is_device && call.credentials().user.effective != 0) return failing(EPERM);
  auto file = plan_file(call, *name, /*temporary=*/false, /*special=*/is_device);
  if (!file) return Proceed{};
  mode_t type = mode & S_IFMT;
  if (is_device) {
    const dev_t device = call.word(1);
    file->record.special =
        OwnerRecord::Special{.type = type, .major = ::major(device), .minor = ::minor(device)};
    type = S_IFREG;
  }
  {
    const Umask umask(file->umask);
    if (::mknodat(file->directory.get(), file->leaf.c_str(), type | (mode & 07777), 0) != 0)
      return failing(errno);
  }
  return record_new(call, *file, type);
}

Reply answer_symlink(const CallContext& call) {
  const auto name = call.tracee.file_of(call.form);
  if (!name) return Proceed{};
  const auto file = plan_file(call, *name, /*temporary=*/false);
  if (!file) return Proceed{};
  const auto target = call.tracee.read_string(call.argument(0));
  if (!target) return Proceed{};
  if (::symlinkat(target->c_str(), file->directory.get(), file->leaf.c_str()) != 0)
    return failing(errno);
  return record_new(call, *file, S_IFLNK);
}

}  // namespace cbuild::sandbox
