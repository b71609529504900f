// An archive of images, unpacked into a temporary directory.
#pragma once

#include <string>

namespace cbuild {
class CancelToken;
class Fd;
}  // namespace cbuild

namespace cbuild::cli {

/// Owns the directory; the destructor removes it.
class UnpackedArchive {
 public:
  /// Unpacks `file`, a tar in any compression, beneath $TMPDIR, else /var/tmp.
  /// @param name  of the archive, for messages
  /// @throws Error(usage) when it is no archive, SysError, Interrupted
  UnpackedArchive(Fd file, const std::string& name, const CancelToken& cancel);
  UnpackedArchive(const UnpackedArchive&) = delete;
  UnpackedArchive& operator=(const UnpackedArchive&) = delete;
  ~UnpackedArchive();

  const std::string& directory() const noexcept { return directory_; }

 private:
  UnpackedArchive();

  std::string directory_;
};

}  // namespace cbuild::cli
