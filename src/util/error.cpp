// SysError: the text of an error number, thread-safe.
#include "cbuild/util/error.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cbuild/util/text.h"

namespace cbuild {

namespace {

constexpr const char* kNoSpaceHint =
    "free some space (or inodes: see df -i) on that file system; 'cbuild df' shows what the store "
    "contains, 'cbuild prune' removes what no image needs";

constexpr const char* kFewDescriptorsHint =
    "the limit of open files is too low; raise it: ulimit -n 1024";

constexpr const char* kTooLargeHint =
    "the limit of file sizes is reached (ulimit -f), or that of the file system";

// Of fork, clone and the like; who reads and writes waits instead.
constexpr const char* kNoProcessesHint =
    "the limit of processes and threads is reached (ulimit -u, or the container's), or that of "
    "memory";

std::string describe(int code) {
  const char* text = ::strerrordesc_np(code);
  return text != nullptr ? text : fmt::format("error {}", code);
}

}  // namespace

SysError::SysError(Code code, const std::string& what)
    : Error("{}: {}", printable(what), describe(code.value)), code_(code.value) {
  if (code_ == ENOSPC || code_ == EDQUOT) with_hint(kNoSpaceHint);
  if (code_ == EMFILE) with_hint(kFewDescriptorsHint);
  if (code_ == EFBIG) with_hint(kTooLargeHint);
  if (code_ == EAGAIN) with_hint(kNoProcessesHint);
}

bool is_fault_of_machine(int code) noexcept {
  constexpr std::array kCodes = {EMFILE, ENFILE, ENOMEM, EIO, EINTR, EAGAIN, ENOSPC};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

void throw_as_usage(const SysError& error) {
  if (is_fault_of_machine(error.code())) throw SysError(error);
  throw Error(ErrorKind::usage, "{}", error.what());
}

}  // namespace cbuild
