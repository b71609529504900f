// Reads ignore files; see ignore_file.h.
#include "src/build/ignore_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>
#include <vector>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/context.h"
#include "cbuild/ops/context.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/io.h"
#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"

namespace cbuild::build {

namespace {

constexpr std::uint64_t kMaxIgnoreFile = 4 << 20;

}  // namespace

IgnorePatterns parse_ignore_file(const std::string& name, const std::string& text) {
  try {
    return IgnorePatterns::parse_file(text);
  } catch (const IgnoreFileError& error) {
    std::vector<graph::Diagnostic> faults;
    for (const IgnoreFileError::Fault& fault : error.faults()) {
      faults.push_back({.range = {fault.line, fault.line, fault.column, fault.end_column},
                        .message = fault.message});
    }
    const Error cause(ErrorKind::usage, "{}", faults.back().message);
    throw BuildFailed(cause, name, text, std::move(faults));
  }
}

ops::Context with_ignore_file(const std::string& name, const std::string& directory) {
  return with_context("--build-context " + name, [&]() -> ops::Context {
    const Fd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root) throw_as_usage(SysError("{}", printable(directory)));
    for (const char* ignore_file : kIgnoreFiles) {
      auto file = try_open_in_root(root, ignore_file, O_RDONLY | O_NONBLOCK | O_NOCTTY);

      struct stat status {};

      if (!file || ::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      FdSource bytes(std::move(*file), ignore_file);
      const std::string shown = printable(name) + "/" + ignore_file;
      return {directory, parse_ignore_file(shown, read_all(bytes, kMaxIgnoreFile)), shown};
    }
    return {directory, {}, {}};
  });
}

}  // namespace cbuild::build
