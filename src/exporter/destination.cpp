// Files that exports go to; see destination.h.
#include "src/exporter/destination.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"

namespace cbuild::exporter {

namespace {

bool is_regular_or_missing(const std::string& path) {
  struct stat status {};

  return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

}  // namespace

void write_to(const std::string& destination, const std::function<void(Sink&)>& write) {
  if (destination == "-") {
    FdSink out(STDOUT_FILENO, "standard output");
    return write(out);
  }
  if (!is_regular_or_missing(destination)) {  // a FIFO or a device: there is nothing to rename
    const Fd fd = open_file(destination, O_WRONLY);
    FdSink out(fd.get(), destination);
    return write(out);
  }
  std::string temporary = destination + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) throw SysError("create {}", temporary);
  try {
    FdSink out(fd.get(), destination);
    write(out);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(fd.get(), 0666 & ~mask) != 0) throw SysError("chmod {}", temporary);
    if (::rename(temporary.c_str(), destination.c_str()) != 0)
      throw SysError("rename to {}", destination);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace cbuild::exporter
