// Writes the files of a COPY: content, owner, mode, attributes, times.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "cbuild/image/users.h"
#include "cbuild/util/fd.h"
#include "src/ops/file_mode.h"
#include "src/ops/selection.h"

namespace cbuild {
class CancelToken;
class FileOwners;
}  // namespace cbuild

namespace cbuild::ops {

/// The owner and the mode that written files get.
struct EntryLook {
  image::Ids owner;
  bool keep_owner = false;       ///< files keep the owner they have in their tree instead
  std::optional<FileMode> mode;  ///< --chmod; absent = files keep their mode

  image::Ids owner_of(const SelectedEntry& entry) const;
  mode_t mode_of(const SelectedEntry& entry) const;
};

/// Writes into the upper directory of a snapshot. `name` is relative to it; its parent exists, and
/// what an earlier source left there, but no directory, is replaced. Thread-safe for different
/// names. All throw Error and Interrupted.
class EntryWriter {
 public:
  /// Borrows all but `look`.
  EntryWriter(const Fd& upper, FileOwners& owners, EntryLook look, const CancelToken& cancel);

  const EntryLook& look() const noexcept { return look_; }

  /// A regular file, a link, a FIFO or a device. A socket becomes an empty file, as in BuildKit.
  void write(const SelectedEntry& entry, const FileTree& tree, const std::string& name) const;

  /// A file with this content, the owner of the look, mode 0644 changed by --chmod, and time 1970:
  /// equal texts make equal layers.
  void write_text(std::string_view content, const std::string& name) const;

  /// A hard link to `existing`.
  void link(const std::string& existing, const std::string& name) const;

  /// Gives the existing directory `name` the metadata of `entry`. After its entries are written,
  /// which changes its time.
  void finish_directory(const SelectedEntry& entry,
                        const FileTree& tree,
                        const std::string& name) const;

 private:
  struct Metadata;

  template <typename Make>
  int make_new(const std::string& name, Make&& make) const;
  Fd make_file(const std::string& name) const;
  void write_regular(const SelectedEntry& entry,
                     const FileTree& tree,
                     const std::string& name) const;
  void write_in_place_of_socket(const SelectedEntry& entry, const std::string& name) const;
  void write_special(const SelectedEntry& entry, const std::string& name) const;

  void set_metadata(const Fd& file, const std::string& name, const Metadata& metadata) const;

  const Fd& upper_;
  FileOwners& owners_;
  EntryLook look_;
  const CancelToken& cancel_;
};

}  // namespace cbuild::ops
