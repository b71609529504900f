// Writes into the upper directory of a snapshot what would have come about through the overlay, at
// the speed of the plain directory.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <unordered_set>

#include "cbuild/image/users.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"

namespace cbuild::ops {

/// Something is at the destination already that cannot be replaced. Kind: build.
struct InTheWay : Error {
  using Error::Error;
};

/// The upper directory of a snapshot above a view of what lies below. All paths are absolute, clean
/// and free of links (see resolve()). Not thread-safe, except where said.
class Upper {
 public:
  /// `view`: root of what lies below; both are borrowed.
  Upper(const Fd& upper, const Fd& view) : upper_(upper), view_(view) {}

  const Fd& upper() const noexcept { return upper_; }

  /// Where `path` leads when links (in the view or already written) are followed. @pre nothing was
  /// written through other means.
  std::string resolve(const std::string& path) const;

  /// What is at `path` itself (links not followed).
  std::optional<struct stat> find(const std::string& path) const;

  /// What directories made on the way look like.
  struct NewDirectory {
    image::Ids owner;
    mode_t mode = 0755;
  };

  /// Makes `path` a directory of the upper directory, with its parents. Those that exist below come
  /// up with their metadata; others are new.
  /// @return true when `path` itself is new. @throws InTheWay
  bool make_directory(const std::string& path, const NewDirectory& look);

  /// Makes sure that no directory is at `path`, where a file is to be written. @throws InTheWay
  void make_way(const std::string& path) const;

  /// Somebody else wrote to the upper directory (an archive): what is known of it is looked at
  /// anew.
  void forget() { made_.clear(); }

  /// `path` relative to upper(), for *at calls.
  static std::string relative(const std::string& path) {
    return path == "/" ? "." : path.substr(1);
  }

 private:
  bool make_one(const std::string& path, const NewDirectory& look);

  const Fd& upper_;
  const Fd& view_;
  std::unordered_set<std::string> made_;   ///< directories known to be in the upper directory
  std::unordered_set<std::string> fresh_;  ///< those of them that were nowhere before
};

}  // namespace cbuild::ops
