// Makes a plain directory ready for chroot(2), and takes away afterwards what is not the step's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cbuild/util/fd.h"
#include "src/sandbox/chroot_devices.h"
#include "src/sandbox/chroot_undo.h"

namespace cbuild::sandbox {

struct Spec;
struct StubList;

/// Takes the place of mounts where mount(2) is not possible. Everything that a step sees and that
/// is not part of its layer is renamed into place, and what was there is renamed aside, into a
/// directory beside the root ("NAME.aside"). restore() is the reverse; only change times (ctime)
/// tell of it.
///   - /dev, /proc, /sys: directories made here; /etc/hosts and /etc/resolv.conf: files
///   - BindMount, read-only: a copy (what the step changes in it is lost); a socket: a hard link
///   - BindMount, writable: the directory itself is moved, and moved back. It must be on the file
///     system of the root, and in exclusive use.
///   - TmpfsMount: an empty directory on the disk; its size is not limited
///   - MemoryFile: a file on the disk, emptied and removed at the end
class ChrootRoot {
 public:
  /// @param spec accepted by check_spec(); must outlive this
  /// @param stubs where mount points that had to be made are noted; must outlive this
  /// @throws Error
  ChrootRoot(const Spec& spec, StubList& stubs);
  ChrootRoot(const ChrootRoot&) = delete;
  ChrootRoot& operator=(const ChrootRoot&) = delete;
  /// restore(), if nobody has called it.  @pre as of restore()
  ~ChrootRoot();

  /// The directory, O_PATH.
  const Fd& directory() const noexcept { return root_; }

  /// /dev/stdout and /dev/stderr.
  const StreamFifos& fifos() const noexcept { return devices_.fifos; }

  const StandIns& stand_ins() const noexcept { return devices_.stand_ins; }

  /// Valid until restore().
  std::vector<ChrootUndo> undo_list() const;

  /// A second call does nothing.  @pre no process of the step lives.  @throws Error
  void restore();

 private:
  struct Placed;

  void place_all();
  void place_mount(std::size_t index);
  /// Puts the entry `made` of the aside directory at `target`.
  Placed& place(const std::string& target, const std::string& made, bool is_directory);
  /// The same at an entry of /etc itself: a link there is not followed.
  void place_in_etc(const std::string& name, const std::string& content);
  void place_borrowed(const std::string& target, int source);
  Placed& cover(const std::string& directory, const std::string& name);
  void restore_one(Placed& placed);
  void give_back(const Placed& placed);
  std::string new_name();
  std::string path_of_root() const;

  const Spec& spec_;
  StubList& stubs_;
  Fd base_;
  Fd root_;
  Fd upper_;  ///< the same, for reading
  Fd aside_;
  std::string aside_name_;
  StepDevices devices_;
  std::vector<std::unique_ptr<Placed>> placed_;
  std::size_t names_ = 0;
};

}  // namespace cbuild::sandbox
