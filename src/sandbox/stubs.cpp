// Creates and removes mount points; see stubs.h.
#include "src/sandbox/stubs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <string_view>

#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/mount.h"
#include "src/sandbox/kept_times.h"
#include "src/sandbox/report.h"
#include "src/sandbox/syscalls.h"

namespace cbuild::sandbox {

namespace {

constexpr int kMaxLinks = 40;  // as the kernel

using Path = std::array<char, PATH_MAX>;

bool assign(Path& path, std::string_view text) noexcept {
  if (text.size() >= path.size()) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::ranges::copy(text, path.begin());
  path[text.size()] = '\0';
  return true;
}

/// Puts "directory/name" into `path`; just "name" for the root.
bool assign_joined(Path& path, std::string_view directory, std::string_view name) noexcept {
  const std::size_t slash = directory.empty() ? 0 : 1;
  if (directory.size() + slash + name.size() >= path.size()) {
    errno = ENAMETOOLONG;
    return false;
  }
  auto end = std::ranges::copy(directory, path.begin()).out;
  if (slash != 0) *end++ = '/';
  end = std::ranges::copy(name, end).out;
  *end = '\0';
  return true;
}

/// Splits into the directory ("" = the root) and the last name.
std::pair<std::string_view, std::string_view> split_last(std::string_view path) noexcept {
  const auto slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

bool note(StubList& stubs, std::string_view path, bool made) noexcept {
  if (stubs.count == stubs.entries.size()) {
    errno = E2BIG;
    return false;
  }
  StubEntry& entry = stubs.entries[stubs.count];
  if (!assign(entry.path, path)) return false;
  entry.made = made;
  ++stubs.count;
  return true;
}

bool is_noted(const StubList& stubs, std::string_view path) noexcept {
  return std::any_of(stubs.entries.begin(), stubs.entries.begin() + stubs.count,
                     [&](const StubEntry& entry) { return path == entry.path.data(); });
}

/// Notes the directories on the way to (and at) `path` that overlayfs is about to copy up.
bool note_copy_up(const RootView& view, std::string_view path) noexcept {
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    Path prefix;
    if (!assign(prefix, path.substr(0, end))) return false;
    const Fd present(open_beneath(view.upper, prefix.data(), O_PATH | O_NOFOLLOW));
    if (present || is_noted(*view.stubs, prefix.data())) continue;
    if (!note(*view.stubs, prefix.data(), /*made=*/false)) return false;
  }
  return true;
}

/// Makes `name` in the directory at `parent` (clean, without links).
bool make_entry(const RootView& view,
                std::string_view parent,
                std::string_view name,
                bool directory) noexcept {
  Path buffer;
  if (!assign(buffer, parent)) return false;
  const Fd parent_fd(open_inside(view.root, buffer.data(), O_RDONLY | O_DIRECTORY));
  if (!parent_fd) return false;
  const bool in_upper = view.upper >= 0 && mount_id_of(parent_fd.get()) == view.mount_id;
  if (in_upper && !note_copy_up(view, parent)) return false;
  {
    const KeptTimes times(parent_fd.get());
    if (!assign(buffer, name)) return false;
    if (directory) {
      if (::mkdirat(parent_fd.get(), buffer.data(), 0755) != 0) return false;
    } else {
      const Fd file(::openat(parent_fd.get(), buffer.data(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
      if (!file) return false;
    }
  }
  return !in_upper ||
         (assign_joined(buffer, parent, name) && note(*view.stubs, buffer.data(), /*made=*/true));
}

/// Walks a path inside the root by hand, resolving links, so that a missing part is known.
class Walk {
 public:
  explicit Walk(const RootView& view) noexcept : view_(view) {}

  /// -1: errno says why.
  int make(const char* path, bool directory) noexcept {
    if (!assign(pending_, path)) return -1;
    while (take_name()) {
      if (name_view() == "..") {
        done_[split_last(done_.data()).first.size()] = '\0';
        continue;
      }
      if (!step(directory)) return -1;
    }
    return open_inside(view_.root, done_.data(), O_PATH);
  }

 private:
  std::string_view name_view() const noexcept { return name_.data(); }

  /// Moves the next name from `pending_` to `name_`; false at the end.
  bool take_name() noexcept {
    std::string_view rest = pending_.data();
    for (;;) {
      rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
      if (rest.empty()) return false;
      const std::string_view name = rest.substr(0, rest.find('/'));
      rest.remove_prefix(name.size());
      if (name == ".") continue;
      assign(name_, name);
      std::memmove(pending_.data(), rest.data(), rest.size());
      pending_[rest.size()] = '\0';
      return true;
    }
  }

  bool is_last() const noexcept {
    return std::string_view(pending_.data()).find_first_not_of("/.") == std::string_view::npos;
  }

  /// Goes from `done_` to `name_` beneath it, which is made when missing.
  bool step(bool directory) noexcept {
    if (!assign_joined(next_, done_.data(), name_view())) return false;
    const Fd fd(open_inside(view_.root, next_.data(), O_PATH | O_NOFOLLOW));

    struct stat status {};

    if (!fd && errno != ENOENT) return false;
    if (fd && ::fstat(fd.get(), &status) != 0) return false;
    if (fd && S_ISLNK(status.st_mode)) return follow(fd.get());
    if (!fd && !make_entry(view_, done_.data(), name_view(), directory || !is_last())) return false;
    done_ = next_;
    return true;
  }

  /// Puts the target of the link before what is pending.
  bool follow(int link) noexcept {
    if (++links_ > kMaxLinks) {
      errno = ELOOP;
      return false;
    }
    Path target;
    const ssize_t size = ::readlinkat(link, "", target.data(), target.size() - 1);
    if (size < 0) return false;
    target[static_cast<std::size_t>(size)] = '\0';
    if (target[0] == '/') done_[0] = '\0';
    Path joined;
    if (!assign_joined(joined, target.data(), pending_.data())) return false;
    pending_ = joined;
    return true;
  }

  const RootView& view_;
  Path done_{};  ///< walked: clean, without links, without leading slash
  Path pending_{};
  Path name_{};
  Path next_{};
  int links_ = 0;
};

bool same_file(const struct stat& a, const struct stat& b) noexcept {
  return a.st_ino == b.st_ino && a.st_mode == b.st_mode && a.st_uid == b.st_uid &&
         a.st_gid == b.st_gid;
}

bool same_time(const timespec& a, const timespec& b) noexcept {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// The directory of an entry and the entry in it, in the upper directory.
struct Found {
  Fd parent;
  const char* name = nullptr;

  struct stat status {};
};

/// Empty when there is no such path any more, or a link on the way to it.
Found find_entry(const Fd& upper, const StubEntry& entry) noexcept {
  Found found;
  const auto [directory, name] = split_last(entry.path.data());
  Path parent;
  if (!assign(parent, directory)) return found;
  found.name = name.data();
  found.parent = Fd(open_beneath(upper.get(), parent.data(), O_RDONLY | O_DIRECTORY));
  if (!found.parent) return found;
  if (::fstatat(found.parent.get(), found.name, &found.status, AT_SYMLINK_NOFOLLOW) != 0) {
    found.parent = Fd();
  }
  return found;
}

/// Whether the step left the entry alone: everything of a directory copied up, all but the content
/// of one that we made.
bool is_untouched(const Fd& upper, const StubEntry& entry) noexcept {
  const Found found = find_entry(upper, entry);
  if (!found.parent || !same_file(found.status, entry.status)) return false;
  return entry.made || (same_time(found.status.st_mtim, entry.status.st_mtim) &&
                        same_time(found.status.st_ctim, entry.status.st_ctim));
}

}  // namespace

std::uint64_t mount_id_of(int fd) noexcept {
  struct statx status {};

  if (::statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) != 0) return 0;
  return status.stx_mnt_id;
}

int make_stub(const RootView& view, const char* path, bool directory) noexcept {
  return Walk(view).make(path, directory);
}

void finish_stubs(const RootView& view, std::size_t first) noexcept {
  StubList& stubs = *view.stubs;
  for (std::size_t i = first; i < stubs.count; ++i) {
    const Fd fd(open_beneath(view.upper, stubs.entries[i].path.data(), O_PATH | O_NOFOLLOW));
    if (fd) ::fstat(fd.get(), &stubs.entries[i].status);
  }
}

void remove_stubs(const OverlayMount& root, const StubList& stubs) {
  if (root.upper.empty()) return;
  const Fd base = open_directory(root.base);
  const Fd upper = open_at(base.get(), root.upper, O_RDONLY | O_DIRECTORY);
  // Asked before anything is removed, for removing changes the directories above.
  std::bitset<std::tuple_size_v<decltype(stubs.entries)>> untouched;
  for (std::size_t i = 0; i < stubs.count; ++i)
    untouched[i] = is_untouched(upper, stubs.entries[i]);
  for (std::size_t i = stubs.count; i-- > 0;) {
    if (!untouched[i]) continue;
    const Found found = find_entry(upper, stubs.entries[i]);
    if (!found.parent) continue;
    const KeptTimes times(found.parent.get());
    // A directory that is not empty stays: the step put something there.
    ::unlinkat(found.parent.get(), found.name, S_ISDIR(found.status.st_mode) ? AT_REMOVEDIR : 0);
  }
}

}  // namespace cbuild::sandbox
