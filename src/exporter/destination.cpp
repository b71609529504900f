// Writes the file of an export and renames it; see destination.h.
#include "src/exporter/destination.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/shared_stream.h"

namespace cbuild::exporter {

namespace {

bool is_regular_or_missing(const std::string& path) {
  struct stat status {};

  return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

}  // namespace

std::string make_beside(const std::string& path,
                        const std::function<bool(const std::string&)>& make) {
  for (int number = 0;; ++number) {
    std::string name = fmt::format("{}.{}-{}", path, ::getpid(), number);
    if (make(name)) return name;
    if (errno != EEXIST) throw SysError("create {}", path);
  }
}

void write_to(const std::string& destination, const std::function<void(Sink&)>& write) {
  if (destination == "-") {
    SharedSink out(STDOUT_FILENO, "standard output");
    return write(out);
  }
  if (!is_regular_or_missing(destination)) {  // a FIFO or a device: there is nothing to rename
    const Fd fd = open_file(destination, O_WRONLY);
    SharedSink out(fd.get(), destination);
    return write(out);
  }
  Fd fd;
  const std::string temporary = make_beside(destination, [&](const std::string& name) {
    fd = Fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    return static_cast<bool>(fd);
  });
  try {
    FdSink out(fd.get(), destination);
    write(out);
    if (::rename(temporary.c_str(), destination.c_str()) != 0)
      throw SysError("rename to {}", destination);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace cbuild::exporter
