// SysError: the text of an error number, thread-safe.
#include "cbuild/util/error.h"

#include <cstring>

#include "cbuild/util/text.h"

namespace cbuild {

namespace {

constexpr const char* kNoSpaceHint =
    "free some space (or inodes: see df -i) on that file system; 'cbuild df' says what the store "
    "holds, 'cbuild prune' removes what no image needs";

constexpr const char* kFewDescriptorsHint =
    "the limit of open files is too low; raise it: ulimit -n 1024";

std::string describe(int code) {
  const char* text = ::strerrordesc_np(code);
  return text != nullptr ? text : fmt::format("error {}", code);
}

}  // namespace

SysError::SysError(Code code, const std::string& what)
    : Error("{}: {}", printable(what), describe(code.value)), code_(code.value) {
  if (code_ == ENOSPC || code_ == EDQUOT) with_hint(kNoSpaceHint);
  if (code_ == EMFILE) with_hint(kFewDescriptorsHint);
}

}  // namespace cbuild
