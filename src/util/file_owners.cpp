// Owners by chown(2) or by attributes; see file_owners.h.
#include "cbuild/util/file_owners.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/owner_record.h"
#include "cbuild/util/xattr.h"

namespace cbuild {

namespace {

constexpr std::string_view kRecords = "user.cbuild.";
constexpr const char* kCapability = "security.capability";
/// Of a process without CAP_SETFCAP.
constexpr const char* kRecordedCapability = "user.cbuild.capability";

bool can_have_record(mode_t mode) noexcept {
  return S_ISREG(mode) || S_ISDIR(mode);
}

/// The bits on disk: the caller reads and writes everything, and nothing runs as the caller.
mode_t mode_on_disk(mode_t wanted) noexcept {
  return (wanted & 0777) | (S_ISDIR(wanted) ? 0700 : 0600);
}

OwnerRecord record_of(const FileLook& look) {
  OwnerRecord record{.uid = static_cast<std::uint32_t>(look.uid),
                     .gid = static_cast<std::uint32_t>(look.gid)};
  if (mode_on_disk(look.mode) != (look.mode & 07777)) record.mode = look.mode & 07777;
  if (S_ISCHR(look.mode) || S_ISBLK(look.mode)) {
    record.special = OwnerRecord::Special{.type = look.mode & S_IFMT,
                                          .major = ::gnu_dev_major(look.device),
                                          .minor = ::gnu_dev_minor(look.device)};
  }
  return record;
}

/// No record where the attribute is missing or is none of ours.
OwnerRecord parse(std::string_view text) {
  return parse_owner_record(text).value_or(OwnerRecord{});
}

}  // namespace

void FileOwners::give(const Fd& file, std::string_view path, const FileLook& look) {
  if (are_recorded()) return give_record(file, path, look);
  set_owner(file, look.uid, look.gid);
  if (!S_ISLNK(look.mode)) set_mode(file, look.mode);
}

void FileOwners::give_record(const Fd& file, std::string_view path, const FileLook& look) {
  require_id(look.uid, look.gid);
  const OwnerRecord record = record_of(look);
  const bool is_device = record.special.has_value();
  if (!is_device && !can_have_record(look.mode)) {
    if (!S_ISLNK(look.mode)) set_mode(file, look.mode);
    const std::lock_guard lock(mutex_);
    if (record.uid == 0 && record.gid == 0) {
      if (const auto known = links_.find(path); known != links_.end()) links_.erase(known);
    } else {
      links_.insert_or_assign(std::string(path), LinkOwner{record.uid, record.gid});
    }
    return;
  }
  set_mode(file, mode_on_disk(look.mode));
  if (record.is_default()) return remove_xattr(file, kOwnerXattr);
  if (cbuild::set_xattr(file, {kOwnerXattr, to_text(record)})) return;
  throw SysError("set the attribute {}", kOwnerXattr);
}

void FileOwners::link(std::string_view existing, std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto known = links_.find(existing);
  if (known != links_.end()) {
    links_.insert_or_assign(std::string(path), LinkOwner(known->second));
  } else if (const auto former = links_.find(path); former != links_.end()) {
    links_.erase(former);
  }
}

void FileOwners::add_link(std::string_view path, const LinkOwner& owner) {
  const std::lock_guard lock(mutex_);
  links_.insert_or_assign(std::string(path), owner);
}

void FileOwners::replace_links(LinkOwners links) {
  const std::lock_guard lock(mutex_);
  links_ = std::move(links);
}

void FileOwners::add_below(std::string_view path, const FileOwners& part) {
  const std::string above = path.empty() || path == "." ? std::string() : std::string(path) + "/";
  const std::lock_guard lock(mutex_);
  for (const auto& [name, owner] : part.links())
    links_.insert_or_assign(above + name, owner);
}

void FileOwners::amend_link(struct stat& status, std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto known = links_.find(path);
  const LinkOwner owner = known == links_.end() ? LinkOwner{} : known->second;
  status.st_uid = owner.uid;
  status.st_gid = owner.gid;
}

void FileOwners::amend(struct stat& status,
                       int directory,
                       const char* name,
                       std::string_view path) const {
  if (!are_recorded()) return;
  if (!can_have_record(status.st_mode)) return amend_link(status, path);
  std::array<char, 128> text;
  const ssize_t size = *name == '\0' ? ::fgetxattr(directory, kOwnerXattr, text.data(), text.size())
                                     : ::lgetxattr(fd_path(directory, name).c_str(), kOwnerXattr,
                                                   text.data(), text.size());
  if (size < 0 && errno != ENODATA && errno != ENOTSUP) {
    throw SysError("read the attribute {}", kOwnerXattr);
  }
  cbuild::amend(status, parse({text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))}));
}

void FileOwners::amend(struct stat& status,
                       const std::vector<Xattr>& xattrs,
                       std::string_view path) const {
  if (!are_recorded()) return;
  if (!can_have_record(status.st_mode)) return amend_link(status, path);
  const auto record = std::ranges::find(xattrs, kOwnerXattr, &Xattr::name);
  cbuild::amend(status, record == xattrs.end() ? OwnerRecord{} : parse(record->value));
}

bool FileOwners::set_xattr(const Fd& file, const Xattr& xattr) const noexcept {
  if (cbuild::set_xattr(file, xattr)) return true;
  if (!are_recorded() || errno != EPERM || xattr.name != kCapability) return false;
  return cbuild::set_xattr(file, {kRecordedCapability, xattr.value});
}

bool is_record(std::string_view xattr) noexcept {
  return xattr.starts_with(kRecords);
}

void resolve_records(std::vector<Xattr>& xattrs, Ownership how) {
  const bool has_capability = std::ranges::find(xattrs, kCapability, &Xattr::name) != xattrs.end();
  const auto recorded = std::ranges::find(xattrs, kRecordedCapability, &Xattr::name);
  const bool stands_for_one =
      how == Ownership::recorded && !has_capability && recorded != xattrs.end();
  if (stands_for_one) recorded->name = kCapability;
  std::erase_if(xattrs, [](const Xattr& xattr) { return is_record(xattr.name); });
  if (stands_for_one) std::ranges::sort(xattrs, {}, &Xattr::name);
}

}  // namespace cbuild
