// openat2(2) with RESOLVE_IN_ROOT; see rootfs_path.h.
#include "cbuild/util/rootfs_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild {

namespace {

int openat2_in_root(int root, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    // EAGAIN: something was renamed during the walk; the kernel cannot tell whether ".." stayed
    // inside. Try again.
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(fd);
  }
}

std::string as_openable(std::string_view path) {
  return path.empty() ? std::string(".") : std::string(path);
}

constexpr int kMaxLinks = 40;  // as the kernel

}  // namespace

Fd open_in_root(const Fd& root, std::string_view path, int flags, mode_t mode) {
  Fd fd(openat2_in_root(root.get(), as_openable(path), flags, mode));
  if (!fd) throw SysError("open {}", path);
  return fd;
}

std::optional<Fd> try_open_in_root(const Fd& root, std::string_view path, int flags, mode_t mode) {
  Fd fd(openat2_in_root(root.get(), as_openable(path), flags, mode));
  if (fd) return fd;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw SysError("open {}", path);
}

std::string clean_path(std::string_view base, std::string_view path) {
  std::string text(path.starts_with('/') ? "" : std::string(base) + "/");
  text += path;
  std::vector<std::string> kept;
  for (std::string& part : split(text, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(std::move(part));
    }
  }
  return "/" + join(kept, "/");
}

std::string resolve_in_root(const Fd& root, std::string_view path) {
  std::vector<std::string> pending;  // components still to walk, the next one last
  const auto push = [&pending](std::string_view text) {
    std::vector<std::string> parts = split(text, '/');
    pending.insert(pending.end(), parts.rbegin(), parts.rend());
  };
  push(path);
  std::string resolved;  // "" is the root itself
  int links = 0;
  while (!pending.empty()) {
    const std::string part = std::move(pending.back());
    pending.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      resolved.resize(resolved.empty() ? 0 : resolved.find_last_of('/'));
      continue;
    }
    const std::string next = resolved + "/" + part;
    const auto fd = try_open_in_root(root, next, O_PATH | O_NOFOLLOW);

    struct stat status {};

    if (!fd || ::fstat(fd->get(), &status) != 0 || !S_ISLNK(status.st_mode)) {
      resolved = next;
      continue;
    }
    if (++links > kMaxLinks) throw SysError::from_code(ELOOP, fmt::format("resolve {}", path));
    const std::string target = read_link(fd->get(), "");
    if (target.starts_with('/')) resolved.clear();
    push(target);
  }
  return resolved.empty() ? "/" : resolved;
}

}  // namespace cbuild
