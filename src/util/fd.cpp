// fd_path; see fd.h.
#include "cbuild/util/fd.h"

#include <fmt/core.h>

namespace cbuild {

std::string fd_path(int dirfd, std::string_view name) {
  return name.empty() ? fmt::format("/proc/self/fd/{}", dirfd)
                      : fmt::format("/proc/self/fd/{}/{}", dirfd, name);
}

}  // namespace cbuild
