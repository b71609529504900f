// Names of whiteouts; see whiteout.h.
#include "src/layer/whiteout.h"

#include <sys/xattr.h>

#include "cbuild/layer/apply.h"

namespace cbuild::layer {

NameKind classify_name(std::string_view name) noexcept {
  if (!name.starts_with(kWhiteoutPrefix)) return NameKind::ordinary;
  if (name == kOpaqueName) return NameKind::opaque;
  const std::string_view deleted = name.substr(kWhiteoutPrefix.size());
  if (deleted.starts_with(kWhiteoutPrefix)) return NameKind::aufs;
  if (deleted.empty() || deleted == "." || deleted == "..") return NameKind::invalid;
  return NameKind::whiteout;
}

bool is_overlay_whiteout(const struct stat& status) noexcept {
  return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

const char* opaque_mark(int directory) noexcept {
  for (const char* mark : {kOpaqueXattr, kTrustedOpaqueXattr}) {
    char value = '\0';
    if (::fgetxattr(directory, mark, &value, 1) == 1 && value == 'y') return mark;
  }
  return nullptr;
}

}  // namespace cbuild::layer
