// The build context for the rules; see context_files.h.
#include "src/build/context_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "cbuild/build/request.h"
#include "cbuild/frontend/context_files.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "src/build/ignore_file.h"

namespace cbuild::build {

namespace {

constexpr int kLook = O_PATH | O_NOFOLLOW;

std::optional<Fd> try_open(const Fd& root, const std::string& path, int flags) {
  if (!root) return std::nullopt;
  try {
    return try_open_in_root(root, path.empty() ? "/" : path, flags);
  } catch (const SysError&) {
    return std::nullopt;
  }
}

constexpr const char* kAnyName = "\x7F\x7F";  // no pattern means it, unless it means all

/// The directory that `path` is in whatever its wildcards stand for; `path` when it has none.
std::string without_wildcards(std::string path) {
  while (has_wildcard(path)) {
    const auto slash = path.rfind('/');
    path.erase(slash == std::string::npos ? 0 : slash);
  }
  return path;
}

class DirectoryContext final : public frontend::ContextFiles {
 public:
  DirectoryContext(const Request& request, std::size_t max_entries);

  bool is_ignored(const std::string& path) const override;
  std::optional<std::uint64_t> size_of(const std::string& path) const override;
  bool is_directory(const std::string& path) const override;

 private:
  std::optional<std::uint64_t> sum(const Fd& file, const std::string& path) const;

  Fd root_;
  IgnorePatterns ignore_;
  mutable std::size_t entries_left_;
  mutable std::map<std::string, std::optional<std::uint64_t>> sizes_;  // asked for before
};

DirectoryContext::DirectoryContext(const Request& request, std::size_t max_entries)
    : ignore_(parse_ignore_file(request.ignore_file_name, request.ignore_file)),
      entries_left_(max_entries) {
  if (request.context_directory.empty()) return;
  try {
    root_ = open_directory(request.context_directory);
  } catch (const SysError&) {  // the build will say so, should it need it
    return;
  }
}

bool DirectoryContext::is_ignored(const std::string& path) const {
  const std::string fixed = without_wildcards(path);
  return ignore_.excludes(path.empty() ? kAnyName : path) && !ignore_.may_reinclude_below(fixed);
}

bool DirectoryContext::is_directory(const std::string& path) const {
  struct stat status = {};
  const auto file = try_open(root_, path, O_PATH);
  return file && ::fstat(file->get(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::optional<std::uint64_t> DirectoryContext::size_of(const std::string& path) const {
  const auto [found, is_new] = sizes_.try_emplace(path);
  if (!is_new) return found->second;
  const auto file = try_open(root_, path, O_PATH);
  if (!file || (ignore_.excludes(path) && !ignore_.may_reinclude_below(path))) return std::nullopt;
  try {
    found->second = sum(*file, path);
  } catch (const SysError&) {  // something may not be read: the sum would be wrong
    found->second.reset();
  }
  return found->second;
}

/// nullopt when there is too much.
std::optional<std::uint64_t> DirectoryContext::sum(const Fd& file, const std::string& path) const {
  struct stat status = {};
  if (entries_left_ == 0 || ::fstat(file.get(), &status) != 0) return std::nullopt;
  --entries_left_;
  if (S_ISREG(status.st_mode)) return static_cast<std::uint64_t>(status.st_size);
  if (!S_ISDIR(status.st_mode)) return 0;
  std::uint64_t bytes = 0;
  const Fd directory = open_at(file.get(), ".", O_RDONLY | O_DIRECTORY);
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    const std::string inner = path.empty() ? entry.name : path + "/" + entry.name;
    const bool left_out = ignore_.excludes(inner);
    if (left_out && (entry.type != DT_DIR || !ignore_.may_reinclude_below(inner))) continue;
    const auto more = sum(open_at(directory.get(), entry.name, kLook), inner);
    if (!more) return std::nullopt;
    bytes += *more;
  }
  return bytes;
}

}  // namespace

std::unique_ptr<const frontend::ContextFiles> context_files(const Request& request,
                                                            std::size_t max_entries) {
  return std::make_unique<const DirectoryContext>(request, max_entries);
}

}  // namespace cbuild::build
