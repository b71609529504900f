// Paths in a tree; see root_tree.h.
#include "cbuild/layer/root_tree.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/path.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"

namespace cbuild::layer {

namespace {

constexpr int kMaxLinks = 40;  // as the kernel

using Directory = std::shared_ptr<const TreeDirectory>;

}  // namespace

/// The directories that were entered last: the files of a COPY are asked for one after another.
struct RootTree::Cache {
  static constexpr std::size_t kDirectories = 16;
  static constexpr std::size_t kParts = 64;  ///< each holds a descriptor

  std::mutex mutex;
  std::list<Directory> latest;
  std::size_t parts = 0;  ///< of all of them

  Directory find(std::string_view path) {
    const std::lock_guard lock(mutex);
    for (auto at = latest.begin(); at != latest.end(); ++at) {
      if ((*at)->path() != path) continue;
      latest.splice(latest.begin(), latest, at);
      return *at;
    }
    return nullptr;
  }

  void add(Directory directory) {
    const std::lock_guard lock(mutex);
    parts += directory->parts().size();
    latest.push_front(std::move(directory));
    while (latest.size() > kDirectories || (parts > kParts && latest.size() > 1)) {
      parts -= latest.back()->parts().size();
      latest.pop_back();
    }
  }
};

/// Where a path of a stack leads.
struct RootTree::Place {
  Directory directory;  ///< that the last component is in; null = an earlier one does not exist
  std::string name;     ///< in `directory`; "" = the root itself
  std::string path;     ///< canonical, without a leading '/'
};

RootTree::RootTree(Fd directory)
    : root_(std::make_shared<const TreeDirectory>(
          std::vector<TreeDirectory::Part>{
              {std::make_shared<const Fd>(std::move(directory)), nullptr}},
          "",
          /*merged=*/false)) {}

RootTree::RootTree(std::vector<TreeDirectory::Part> layers)
    : root_(std::make_shared<const TreeDirectory>(std::move(layers), "", /*merged=*/true)),
      cache_(std::make_unique<Cache>()) {}

RootTree::RootTree(RootTree&&) noexcept = default;
RootTree& RootTree::operator=(RootTree&&) noexcept = default;
RootTree::~RootTree() = default;

Directory RootTree::enter(const TreeDirectory& above, const std::string& name) const {
  const std::string path = above.path().empty() ? name : above.path() + "/" + name;
  if (Directory known = cache_->find(path)) return known;
  Directory directory = above.directory(name);
  if (directory) cache_->add(directory);
  return directory;
}

/// Most paths are clean ones in the directory of the one before.
std::optional<RootTree::Place> RootTree::find_beside_latest(std::string_view path,
                                                            bool follow) const {
  while (path.starts_with('/'))
    path.remove_prefix(1);
  const std::string name(last_component(path));
  if (name.empty() || name == "." || name == "..") return std::nullopt;
  const Directory above = cache_->find(parent_of(path));
  if (!above) return std::nullopt;
  if (follow) {
    const auto status = above->stat(name);
    if (status && S_ISLNK(status->st_mode)) return std::nullopt;
  }
  return Place{above, name, std::string(path)};
}

RootTree::Place RootTree::find(std::string_view path, bool follow) const {
  if (auto place = find_beside_latest(path, follow)) return std::move(*place);
  std::vector<std::string> pending;  // components still to walk, the next one last
  const auto push = [&pending](std::string_view text) {
    std::vector<std::string> parts = split(text, '/');
    pending.insert(pending.end(), parts.rbegin(), parts.rend());
  };
  push(path);
  std::vector<Directory> way{root_};  // directories down to where the walk is; null = not there
  std::vector<std::string> names;     // of way, without the root
  int links = 0;
  while (!pending.empty()) {
    const std::string part = std::move(pending.back());
    pending.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!names.empty()) {
        names.pop_back();
        way.pop_back();
      }
      continue;
    }
    const Directory above = way.back();
    const bool last =
        std::ranges::all_of(pending, [](const std::string& p) { return p.empty() || p == "."; });
    const auto status = above ? above->stat(part) : std::nullopt;
    if (status && S_ISLNK(status->st_mode) && (follow || !last)) {
      if (++links > kMaxLinks) {
        throw SysError::from_code(ELOOP, fmt::format("resolve {}", printable(path)));
      }
      const std::string target = above->read_link(part);
      if (target.starts_with('/')) {
        way.resize(1);
        names.clear();
      }
      push(target);
      continue;
    }
    names.push_back(part);
    way.push_back(status && S_ISDIR(status->st_mode) ? enter(*above, part) : nullptr);
  }
  if (names.empty()) return {root_, "", ""};
  return {way[way.size() - 2], names.back(), join(names, "/")};
}

Ownership RootTree::ownership() const noexcept {
  const auto& owners = root_->top().owners;
  return owners ? owners->how() : Ownership::real;
}

std::string RootTree::resolve(std::string_view path) const {
  if (is_plain()) return resolve_in_root(*root_->top().fd, path);
  return "/" + find(path, /*follow=*/true).path;
}

std::optional<Fd> RootTree::try_open(std::string_view path, int flags) const {
  if (is_plain()) return try_open_in_root(*root_->top().fd, path, flags);
  const Place place = find(path, (flags & O_NOFOLLOW) == 0);
  if (!place.directory) return std::nullopt;
  if (place.name.empty()) return open_at(root_->top().fd->get(), ".", flags);
  return place.directory->try_open(place.name, flags);
}

Fd RootTree::open(std::string_view path, int flags) const {
  if (is_plain()) return open_in_root(*root_->top().fd, path, flags);
  auto fd = try_open(path, flags);
  if (!fd) throw SysError::from_code(ENOENT, fmt::format("open {}", printable(path)));
  return std::move(*fd);
}

std::optional<struct stat> RootTree::stat(std::string_view path) const {
  if (is_plain()) {
    const auto fd = try_open(path, O_PATH | O_NOFOLLOW);

    struct stat status {};

    if (!fd || ::fstat(fd->get(), &status) != 0) return std::nullopt;
    return status;
  }
  const Place place = find(path, /*follow=*/false);
  if (!place.directory) return std::nullopt;
  return place.name.empty() ? root_->stat() : place.directory->stat(place.name);
}

Directory RootTree::directory(std::string_view path, bool follow) const {
  if (is_plain()) {
    auto fd = try_open(path, O_RDONLY | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW));
    if (!fd) return nullptr;
    return std::make_shared<const TreeDirectory>(
        std::vector<TreeDirectory::Part>{{std::make_shared<const Fd>(std::move(*fd)), nullptr}},
        std::string(path), /*merged=*/false);
  }
  const Place place = find(path, follow);
  if (!place.directory || place.name.empty()) return place.directory;
  const auto status = place.directory->stat(place.name);
  if (!status || !S_ISDIR(status->st_mode)) return nullptr;
  return enter(*place.directory, place.name);
}

}  // namespace cbuild::layer
