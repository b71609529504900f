// stat(2) and statx(2): what the kernel says of a file, with the owner of its record.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

#include "cbuild/util/owner_record.h"
#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"

namespace cbuild::sandbox {

namespace {

/// A file that has a record.
struct RecordedFile {
  Fd file;
  OwnerRecord record;
};

/// nullopt: the kernel's answer is right.
std::optional<RecordedFile> find_recorded(const CallContext& call) {
  const auto name = call.tracee.file_of(call.form);
  if (!name ||
      call.owners().look(call.tracee.quick_name(*name), name->follow) == StepOwners::Answer::none) {
    return std::nullopt;
  }
  Fd file = call.open(*name);
  if (!file) return std::nullopt;
  const auto record = call.owners().find(file.get());
  if (!record) return std::nullopt;
  return RecordedFile{std::move(file), *record};
}

#if defined(__x86_64__)
/// struct stat64 of 32-bit x86.
struct [[gnu::packed]] Stat386 {
  std::uint64_t dev;
  std::uint32_t padding;
  std::uint32_t short_ino;
  std::uint32_t mode;
  std::uint32_t nlink;
  std::uint32_t uid;
  std::uint32_t gid;
  std::uint64_t rdev;
  std::uint32_t more_padding;
  std::int64_t size;
  std::uint32_t blksize;
  std::uint64_t blocks;
  std::uint32_t times[6];
  std::uint64_t ino;
};

static_assert(sizeof(Stat386) == 96);

Reply write_32_bit(const CallContext& call, const struct stat& status) {
  if (call.is_old()) return failing(EOVERFLOW);
  Stat386 narrow{};
  narrow.dev = status.st_dev;
  narrow.short_ino = static_cast<std::uint32_t>(status.st_ino);
  narrow.mode = status.st_mode;
  narrow.nlink = static_cast<std::uint32_t>(status.st_nlink);
  narrow.uid = status.st_uid;
  narrow.gid = status.st_gid;
  narrow.rdev = status.st_rdev;
  narrow.size = status.st_size;
  narrow.blksize = static_cast<std::uint32_t>(status.st_blksize);
  narrow.blocks = static_cast<std::uint64_t>(status.st_blocks);
  std::size_t at = 0;
  for (const timespec& value : {status.st_atim, status.st_mtim, status.st_ctim}) {
    narrow.times[at++] = static_cast<std::uint32_t>(value.tv_sec);
    narrow.times[at++] = static_cast<std::uint32_t>(value.tv_nsec);
  }
  narrow.ino = status.st_ino;
  return call.tracee.write_value(call.argument(0), narrow) ? succeeding() : failing(EFAULT);
}
#else
/// Better no answer than a wrong one.
Reply write_32_bit(const CallContext&, const struct stat&) {
  return failing(EOVERFLOW);
}
#endif

void amend(struct statx& status, const OwnerRecord& record) noexcept {
  status.stx_uid = record.uid;
  status.stx_gid = record.gid;
  if (record.mode) {
    status.stx_mode = static_cast<std::uint16_t>((status.stx_mode & ~07777U) | *record.mode);
  }
  if (record.special) {
    status.stx_mode = static_cast<std::uint16_t>(record.special->type | (status.stx_mode & 07777U));
    status.stx_rdev_major = record.special->major;
    status.stx_rdev_minor = record.special->minor;
    status.stx_size = 0;
  }
}

}  // namespace

Reply answer_stat(const CallContext& call) {
  const auto found = find_recorded(call);
  if (!found) return Proceed{};

  struct stat status {};

  if (::fstat(found->file.get(), &status) != 0) return failing(errno);
  amend(status, found->record);
  if (call.is_32_bit()) return write_32_bit(call, status);
  return call.tracee.write_value(call.argument(0), status) ? succeeding() : failing(EFAULT);
}

Reply answer_statx(const CallContext& call) {
  const auto found = find_recorded(call);
  if (!found) return Proceed{};

  struct statx status {};

  const auto flags = static_cast<unsigned>(call.notification.arguments[2]);
  const int kept = AT_EMPTY_PATH | static_cast<int>(flags & AT_STATX_SYNC_TYPE);
  if (::statx(found->file.get(), "", kept, call.word(0), &status) != 0) return failing(errno);
  amend(status, found->record);
  return call.tracee.write_value(call.argument(1), status) ? succeeding() : failing(EFAULT);
}

}  // namespace cbuild::sandbox
