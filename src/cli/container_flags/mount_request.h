// What one --mount, -v or --tmpfs asks for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cbuild::cli {

/// Members that belong to another type than `type` have their defaults.
struct MountRequest {
  enum class Type { bind, volume, tmpfs, image };
  /// mount_namespaces(7); the names with r count for the mounts beneath, too.
  enum class Propagation { rprivate, private_, rslave, slave, rshared, shared };
  /// What becomes of the mounts beneath the source of a bind.
  enum class Recursion {
    enabled,   ///< bound too; read-only where the kernel can
    disabled,  ///< not bound
    writable,  ///< bound, and writable though the mount is read-only
    readonly,  ///< bound, and read-only, or it is an error
  };

  Type type = Type::volume;
  std::string source;  ///< bind: absolute path; volume: name, empty = anonymous; image: reference
  std::string target;  ///< absolute and clean, never "/"
  bool read_only = false;
  std::string subpath;  ///< volume, image: the directory in it that is mounted; empty = all
  /// Words that are taken for docker's sake and change nothing ("z", "cached"), to be told once.
  std::vector<std::string> without_effect;

  // bind
  bool create_source = false;  ///< make a directory where the source does not exist
  Propagation propagation = Propagation::rprivate;
  Recursion recursion = Recursion::enabled;
  bool change_owner = false;  ///< "U": bind and volume belong to the container's user

  // volume
  bool copy_up = true;  ///< the image's files at the target fill an empty volume
  std::string driver;
  std::map<std::string, std::string> driver_options;
  std::map<std::string, std::string> labels;

  // tmpfs
  std::optional<std::uint64_t> size;  ///< bytes
  std::optional<std::uint32_t> mode;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::vector<std::string> flags;  ///< mount(8)'s words, in the order given: "noexec", "exec", …

  friend bool operator==(const MountRequest&, const MountRequest&) = default;
};

}  // namespace cbuild::cli
