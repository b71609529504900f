// The id of this boot; see boot_id.h.
#include "cbuild/util/boot_id.h"

#include <fcntl.h>

#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/io.h"
#include "cbuild/util/text.h"

namespace cbuild {

namespace {

std::string read_boot_id() {
  Fd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  FdSource source(std::move(file), "boot_id");
  return std::string(trim(read_all(source, 64)));
}

}  // namespace

std::string boot_id() {
  static const std::string id = read_boot_id();
  return id;
}

}  // namespace cbuild
