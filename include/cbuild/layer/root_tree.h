// A root file system for reading: one directory, or a stack of layers merged as overlayfs does it.
//
// Paths are those of a process chrooted to it: absolute links and ".." stay inside.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cbuild {
class Fd;
class FileOwners;
struct DirectoryEntry;
enum class Ownership;
}  // namespace cbuild

namespace cbuild::layer {

/// A directory of the tree, and what is in it. Names are looked up in it only: links are not
/// followed. Thread-safe.
class TreeDirectory {
 public:
  /// One directory on disk that it is made of.
  struct Part {
    std::shared_ptr<const Fd> fd;
    std::shared_ptr<const FileOwners> owners;  ///< of its layer; null = those on disk
  };

  /// @param parts  the topmost first; at least one
  /// @param path  in the tree, without a leading '/'
  /// @param merged  they are of layers: deletions and opaque marks count
  TreeDirectory(std::vector<Part> parts, std::string path, bool merged)
      : parts_(std::move(parts)), path_(std::move(path)), merged_(merged) {}

  /// Sorted by the bytes of the names. @throws SysError
  std::vector<DirectoryEntry> list() const;

  /// With owner and mode as the image has them; nullopt when there is no such name.
  std::optional<struct stat> stat(const std::string& name) const;

  /// That of the directory itself.
  struct stat stat() const;

  /// Where the symbolic link leads. @throws SysError
  std::string read_link(const std::string& name) const;

  /// Opens a file, or the topmost part of a directory; O_NOFOLLOW and O_CLOEXEC are added.
  /// @throws SysError
  Fd open(const std::string& name, int flags) const;

  /// The same; nullopt when there is no such name, or O_DIRECTORY asks for another type.
  std::optional<Fd> try_open(const std::string& name, int flags) const;

  /// Null when `name` is no directory.
  std::shared_ptr<const TreeDirectory> directory(const std::string& name) const;

  /// The part that `name` is in, for *at calls. @throws SysError when there is no such name
  const Part& part_of(const std::string& name) const;

  const std::vector<Part>& parts() const noexcept { return parts_; }

  bool is_merged() const noexcept { return merged_; }

  /// Its topmost part: whose attributes are those of the directory.
  const Part& top() const noexcept { return parts_.front(); }

  const std::string& path() const noexcept { return path_; }

  /// That of `name` in it.
  std::string path_of(const std::string& name) const;

 private:
  struct Found {
    std::size_t part;

    struct stat status {};  ///< as on disk
  };

  std::optional<Found> find(const std::string& name) const;

  std::vector<Part> parts_;
  std::string path_;
  bool merged_;
};

/// The whole tree. Thread-safe.
class RootTree {
 public:
  /// An ordinary tree: what is on disk is what is there.
  explicit RootTree(Fd directory);

  /// The directories of layers, the topmost first; at least one.
  explicit RootTree(std::vector<TreeDirectory::Part> layers);

  RootTree(RootTree&&) noexcept;
  RootTree& operator=(RootTree&&) noexcept;
  ~RootTree();

  const TreeDirectory& root() const noexcept { return *root_; }

  /// That of its layers.
  Ownership ownership() const noexcept;

  /// The path that `path` comes to when all links are followed: absolute, clean, without links. The
  /// part that does not exist is kept as it stands; a dangling link counts as the path it points
  /// to. @throws SysError (ELOOP, EACCES)
  std::string resolve(std::string_view path) const;

  /// As open(2): a link at the end is followed unless `flags` have O_NOFOLLOW. Of a merged
  /// directory it is the topmost part. @throws SysError naming the path
  Fd open(std::string_view path, int flags) const;

  /// The same; nullopt when the path does not exist (ENOENT, ENOTDIR).
  std::optional<Fd> try_open(std::string_view path, int flags) const;

  /// Of `path` itself: a link at its end is not followed. With owner and mode as the image has
  /// them; nullopt when it does not exist.
  std::optional<struct stat> stat(std::string_view path) const;

  /// Null when the path does not exist or is no directory. @param follow  a link at its end
  std::shared_ptr<const TreeDirectory> directory(std::string_view path, bool follow = true) const;

 private:
  struct Place;
  struct Cache;

  bool is_plain() const noexcept { return cache_ == nullptr; }

  std::shared_ptr<const TreeDirectory> enter(const TreeDirectory& above,
                                             const std::string& name) const;
  std::optional<Place> find_beside_latest(std::string_view path, bool follow) const;
  Place find(std::string_view path, bool follow) const;

  std::shared_ptr<const TreeDirectory> root_;
  std::unique_ptr<Cache> cache_;  ///< of a stack
};

}  // namespace cbuild::layer
