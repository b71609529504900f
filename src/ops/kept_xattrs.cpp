// Which extended attributes are kept; see kept_xattrs.h.
#include "src/ops/kept_xattrs.h"

#include <utility>

#include "cbuild/util/fd.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/xattr.h"

namespace cbuild::ops {

namespace {

bool is_kept(const Xattr& xattr) {
  if (xattr.name == "security.capability") return true;
  return xattr.name.starts_with("user.") && !xattr.name.starts_with("user.overlay.") &&
         !is_record(xattr.name);
}

}  // namespace

std::vector<Xattr> kept_xattrs(std::vector<Xattr> xattrs) {
  std::erase_if(xattrs, [](const Xattr& xattr) { return !is_kept(xattr); });
  return xattrs;
}

std::vector<Xattr> kept_xattrs_of(const Fd& file, Ownership how) {
  std::vector<Xattr> xattrs = list_xattrs(file.get());
  resolve_records(xattrs, how);
  return kept_xattrs(std::move(xattrs));
}

}  // namespace cbuild::ops
