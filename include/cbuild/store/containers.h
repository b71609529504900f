// Directories of containers: the writable layer of each, and the files that its owner keeps beside
// it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/util/fd.h"

namespace cbuild {
struct OverlayMount;
}

namespace cbuild::store {

class ActiveSnapshot;

/// What a container stands on. No prune removes it as long as the container exists.
struct ContainerBase {
  oci::Digest image;                 ///< ID of the image that it was made of
  std::optional<oci::Digest> chain;  ///< chain ID of its layers; nullopt = an empty root
};

/// A container is there when it has a directory; its ID is the name of it: 64 lower-case
/// hexadecimal digits. Needs no database, so a process that runs containers need not keep the store
/// open. Thread-safe; several processes may share one store.
class Containers {
 public:
  /// Makes the files of a container in its directory, before it can be seen.
  using Fill = std::function<void(const Fd& directory)>;

  /// @param root  absolute path of the store
  explicit Containers(std::string root) : root_(std::move(root)) {}

  /// Turns `layer` into the writable layer of a new container. It is visible, and durable, when
  /// this returns; before, a kill leaves nothing. `fill` may use every name but "fs", "work" and
  /// "base". @throws SysError, Error when there is a container of this ID
  void add(const std::string& id,
           ActiveSnapshot layer,
           const ContainerBase& base,
           const Fill& fill) const;

  /// IDs, in no order.
  std::vector<std::string> list() const;

  bool contains(const std::string& id) const;

  /// The directory of a container, absolute. @throws Error for what is no ID
  std::string path(const std::string& id) const;

  /// @throws Error naming the file when it is damaged, SysError when there is no such container
  ContainerBase base(const std::string& id) const;

  /// The writable layer: an overlay's upper directory. @throws SysError
  Fd layer(const std::string& id) const;

  /// The root of the container: its layer on `stack`, which is Snapshots::view() of its chain.
  static OverlayMount mount(const std::string& id, OverlayMount stack);

  /// Gives a container a name. False when another one has it, which stays so. Of several callers at
  /// once one gets it. @pre `name` is a file name  @throws SysError
  bool take_name(const std::string& name, const std::string& id) const;
  /// The ID of the container that has the name; a name without a container is free.
  std::optional<std::string> find_name(const std::string& name) const;
  /// Takes the name from this container, and from no other that has got it meanwhile.
  void release_name(const std::string& name, const std::string& id) const;

  /// A directory for sockets and locks of processes that run containers of this store, mode 0700,
  /// made when it is missing. In the store, because it must be the same one for all who use the
  /// store: $XDG_RUNTIME_DIR may be set for one and not for another.
  std::string run_directory() const;

  /// Removes a container with all its files. It cannot be seen any more when their removal begins.
  /// Needs the user namespace. False when there is none. @pre nothing of it runs.  @throws SysError
  bool remove(const std::string& id) const;

 private:
  std::string root_;
};

}  // namespace cbuild::store
