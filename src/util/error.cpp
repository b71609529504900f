// SysError: the text of an error number, thread-safe.
#include "cbuild/util/error.h"

#include <cstring>

namespace cbuild {

namespace {

std::string describe(int code) {
  const char* text = ::strerrordesc_np(code);
  return text != nullptr ? text : fmt::format("error {}", code);
}

}  // namespace

SysError::SysError(Code code, const std::string& what)
    : Error("{}: {}", what, describe(code.value)), code_(code.value) {}

}  // namespace cbuild
