// execve(2): what a set-id program makes of the credentials of who is not root.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "cbuild/util/owner_record.h"
#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/standpoint.h"
#include "src/sandbox/thread_status.h"

namespace cbuild::sandbox {

namespace {

/// The kernel ignores the bits of scripts, and of mounts with nosuid.
bool may_have_set_id(int file) noexcept {
  struct statvfs status {};

  if (::fstatvfs(file, &status) != 0 || (status.f_flag & ST_NOSUID) != 0) return false;
  const Fd content(::open(path_of(file).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 2> begin{};
  return ::read(content.get(), begin.data(), begin.size()) == 2 &&
         (begin[0] != '#' || begin[1] != '!');
}

/// Changes the credentials as the program does.
void apply_program(const CallContext& call, int file, EmulatedCredentials& credentials) {
  ProgramIds ids;
  const auto record = call.owners().find(file).value_or(OwnerRecord{});

  struct stat status {};

  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    amend(status, record);
    if ((status.st_mode & S_ISUID) != 0) ids.user = status.st_uid;
    if ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) ids.group = status.st_gid;
  }
  if ((ids.user || ids.group) &&
      (!may_have_set_id(file) ||
       status_of(call.emulation.standpoint.proc(), call.tracee.thread()).no_new_privs)) {
    ids = {};
  }
  execute(credentials, ids, call.emulation.credentials.bounding());
}

}  // namespace

/// The credentials change before the kernel executes the program: if it fails to, they stay
/// changed.
Reply answer_execve(const CallContext& call) {
  if (!call.emulation.credentials.has_others_than_root()) return Proceed{};
  const auto name = call.tracee.file_of(call.form);
  if (!name) return Proceed{};
  const Fd file = call.open(*name);
  if (!file) return Proceed{};
  EmulatedCredentials credentials = call.credentials();
  apply_program(call, file.get(), credentials);
  if (credentials == call.credentials()) return Proceed{};
  const int code = call.emulation.credentials.set(call.tracee, credentials);
  if (code != 0) return failing(code);
  return Proceed{};
}

}  // namespace cbuild::sandbox
