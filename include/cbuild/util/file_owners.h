// The owners and modes of the files in one tree: on disk as the image says, or as records.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/link_owners.h"

namespace cbuild {

class Fd;
struct Xattr;

enum class Ownership {
  real,     ///< chown(2), chmod(2), mknod(2)
  recorded  ///< all files belong to this process; owner_record.h and link_owners.h say more
};

/// What an image says of a file.
struct FileLook {
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  mode_t mode = 0;  ///< with the type
  dev_t device = 0;
};

/// Gives files their owners and reads them. Every tree has one of its own, because the owners of
/// its links are in it. Thread-safe.
class FileOwners {
 public:
  explicit FileOwners(Ownership how = Ownership::real, LinkOwners links = {})
      : how_(how), links_(std::move(links)) {}

  FileOwners(const FileOwners& other) : how_(other.how_), links_(other.links()) {}

  FileOwners& operator=(const FileOwners&) = delete;

  Ownership how() const noexcept { return how_; }

  bool are_recorded() const noexcept { return how_ == Ownership::recorded; }

  LinkOwners links() const {
    const std::lock_guard lock(mutex_);
    return links_;
  }

  /// Whether a file of this type is an empty regular file with a record on disk.
  bool makes_regular(mode_t type) const noexcept {
    return are_recorded() && (S_ISCHR(type) || S_ISBLK(type));
  }

  /// Gives `file` (O_PATH will do), which is at `path` in the tree, its owner and mode. The kernel
  /// takes set-id bits and capabilities away with the owner: attributes come after this.
  /// @throws Error as set_owner()
  void give(const Fd& file, std::string_view path, const FileLook& look);

  /// Tells that `path` is another name of what is at `existing`.
  void link(std::string_view existing, std::string_view path);

  /// The owner of a link that something else has made.
  void add_link(std::string_view path, const LinkOwner& owner);

  /// These are the owners of all links of the tree.
  void replace_links(LinkOwners links);

  /// Takes over the owners of links in a part of this tree: the directory `path` and below ("" or
  /// "." = all of it).
  void add_below(std::string_view path, const FileOwners& part);

  /// Makes of what stat(2) says of `name` in `directory`, at `path` in the tree, what the image
  /// says. `name` may be empty: `directory` is the file then (not O_PATH).
  void amend(struct stat& status, int directory, const char* name, std::string_view path) const;

  /// The same where the attributes of the file were read already.
  void amend(struct stat& status, const std::vector<Xattr>& xattrs, std::string_view path) const;

  /// Sets an attribute of the image; one that is not permitted is recorded. False: errno says why.
  bool set_xattr(const Fd& file, const Xattr& xattr) const noexcept;

 private:
  void give_record(const Fd& file, std::string_view path, const FileLook& look);
  void amend_link(struct stat& status, std::string_view path) const;

  const Ownership how_;
  mutable std::mutex mutex_;  ///< of links_
  LinkOwners links_;
};

/// Whether this attribute is a record of ours, and none of the image.
bool is_record(std::string_view xattr) noexcept;

/// Takes the records out; where owners are recorded it puts in the attributes of the image that
/// they stand for. Elsewhere a step or an image made them, and they mean nothing.
void resolve_records(std::vector<Xattr>& xattrs, Ownership how);

}  // namespace cbuild
