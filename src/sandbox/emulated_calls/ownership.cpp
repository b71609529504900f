// chown(2), chmod(2) and what hides the record of an owner.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string_view>

#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"

namespace cbuild::sandbox {

namespace {

/// The kernel gives these ids to the file as well as we do: they are ours.
bool is_root_or_kept(std::uint32_t id) noexcept {
  return id == 0 || id == kKeepId;
}

/// As chown(2) does with the bits on disk.
void clear_set_id_bits(OwnerRecord& record, int file) {
  struct stat status {};

  if (!record.mode || ::fstat(file, &status) != 0 || S_ISDIR(status.st_mode)) return;
  *record.mode &= ~mode_t{S_ISUID};
  if ((*record.mode & S_IXGRP) != 0) *record.mode &= ~mode_t{S_ISGID};
}

}  // namespace

Reply answer_chown(const CallContext& call) {
  const auto name = call.tracee.file_of(call.form);
  if (!name) return Proceed{};
  const std::uint32_t uid = call.id(0);
  const std::uint32_t gid = call.id(1);
  const EmulatedCredentials& credentials = call.credentials();
  if (credentials.has(CAP_CHOWN) && is_root_or_kept(uid) && is_root_or_kept(gid) &&
      call.owners().look(call.tracee.quick_name(*name), name->follow) == StepOwners::Answer::none) {
    return Proceed{};
  }
  const Fd file = call.open(*name);
  if (!file) return failing(errno);
  OwnerRecord record = call.owners().find(file.get()).value_or(OwnerRecord{});
  if (!may_chown(credentials, record.uid, record.gid, uid, gid)) return failing(EPERM);
  // Whether it can be written to, its times and its set-id bits are the kernel's.
  if (::fchownat(file.get(), "", kKeepId, kKeepId, AT_EMPTY_PATH) != 0) return failing(errno);
  if (uid != kKeepId) record.uid = uid;
  if (gid != kKeepId) record.gid = gid;
  clear_set_id_bits(record, file.get());
  return outcome(call.owners().set(file.get(), record));
}

Reply answer_chmod(const CallContext& call) {
  const auto name = call.tracee.file_of(call.form);
  if (!name) return Proceed{};
  if (call.owners().look(call.tracee.quick_name(*name), name->follow) == StepOwners::Answer::none)
    return Proceed{};
  const Fd file = call.open(*name);
  if (!file) return Proceed{};
  auto record = call.owners().find(file.get());
  if (!record || !record->mode) return Proceed{};
  record->mode.reset();  // the bits on disk are those of the image from now on
  if (const int code = call.owners().set(file.get(), *record)) return failing(code);
  return Proceed{};
}

}  // namespace cbuild::sandbox
