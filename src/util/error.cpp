// SysError: the text of an error number, thread-safe.
#include "cbuild/util/error.h"

#include <cstring>

namespace cbuild {

namespace {

constexpr const char* kNoSpaceHint =
    "free some space (or inodes: see df -i) on that file system; 'cbuild df' says what the store "
    "holds, 'cbuild prune' removes what no image needs";

std::string describe(int code) {
  const char* text = ::strerrordesc_np(code);
  return text != nullptr ? text : fmt::format("error {}", code);
}

}  // namespace

SysError::SysError(Code code, const std::string& what)
    : Error("{}: {}", what, describe(code.value)), code_(code.value) {
  if (code_ == ENOSPC || code_ == EDQUOT) with_hint(kNoSpaceHint);
}

}  // namespace cbuild
