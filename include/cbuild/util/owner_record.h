// What a file is in an image, for a file that could not be made so: an attribute of the file says it.
//
// A process with one id gives files to no other, and only root of the machine makes devices. Where
// the store has its owners as records, a file belongs to the caller and the attribute names the
// owner; a device is an empty regular file. A file without the attribute belongs to root.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild {

/// Of regular files and directories; the kernel allows user.* on nothing else. overlayfs takes it
/// along in a copy-up. Never part of a layer's tar.
inline constexpr const char* kOwnerXattr = "user.cbuild.owner";

struct OwnerRecord {
  /// A type that the file has not on disk.
  struct Special {
    mode_t type = 0;  ///< S_IFCHR, S_IFBLK or S_IFIFO
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    friend bool operator==(const Special&, const Special&) = default;
  };

  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<mode_t> mode = std::nullopt;  ///< the 07777 bits, where those on disk are others
  std::optional<Special> special = std::nullopt;

  /// Whether a file without the attribute says the same.
  bool is_default() const noexcept { return *this == OwnerRecord{}; }

  friend bool operator==(const OwnerRecord&, const OwnerRecord&) = default;
};

/// "UID:GID", then where they are needed " mode=OCTAL" and " char=MAJOR:MINOR" ("block", "fifo").
std::string to_text(const OwnerRecord& record);

/// nullopt for anything else.
std::optional<OwnerRecord> parse_owner_record(std::string_view text);

/// Makes of what stat(2) says of the file what the image says of it.
void amend(struct stat& status, const OwnerRecord& record) noexcept;

}  // namespace cbuild
