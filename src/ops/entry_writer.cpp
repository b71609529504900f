// System calls behind a COPY; see entry_writer.h.
#include "src/ops/entry_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "cbuild/util/copy_content.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "cbuild/util/xattr.h"
#include "src/ops/kept_xattrs.h"
#include "src/ops/selected_file.h"

namespace cbuild::ops {

struct EntryWriter::Metadata {
  image::Ids owner;
  mode_t mode;  ///< with the type
  std::vector<Xattr> xattrs = {};
  dev_t device = 0;
};

/// Also root's: in a setgid directory a new file has the directory's group.
void EntryWriter::set_metadata(const Fd& file,
                               const std::string& name,
                               const Metadata& metadata) const {
  with_context(name, [&] {
    owners_.give(file, name,
                 {metadata.owner.uid, metadata.owner.gid, metadata.mode, metadata.device});
    for (const Xattr& xattr : metadata.xattrs)
      owners_.set_xattr(file, xattr);
  });
}

image::Ids EntryLook::owner_of(const SelectedEntry& entry) const {
  return keep_owner ? image::Ids{entry.status.st_uid, entry.status.st_gid} : owner;
}

mode_t EntryLook::mode_of(const SelectedEntry& entry) const {
  const mode_t own = entry.status.st_mode & 07777;
  return mode ? mode->apply(own, S_ISDIR(entry.status.st_mode)) : own;
}

EntryWriter::EntryWriter(const Fd& upper,
                         FileOwners& owners,
                         EntryLook look,
                         const CancelToken& cancel)
    : upper_(upper), owners_(owners), look_(std::move(look)), cancel_(cancel) {}

void EntryWriter::write(const SelectedEntry& entry,
                        const FileTree& tree,
                        const std::string& name) const {
  if (S_ISREG(entry.status.st_mode)) return write_regular(entry, tree, name);
  if (S_ISSOCK(entry.status.st_mode)) return write_in_place_of_socket(entry, name);
  write_special(entry, name);
}

void EntryWriter::write_text(std::string_view content, const std::string& name) const {
  const Fd file = make_file(name);
  write_all(file.get(), as_bytes(content), name);
  const mode_t mode = look_.mode ? look_.mode->apply(0644, false) : 0644;
  set_metadata(file, name, {look_.owner, S_IFREG | mode});
  set_times(file, {}, {});
}

void EntryWriter::link(const std::string& existing, const std::string& name) const {
  make_new(name,
           [&] { return ::linkat(upper_.get(), existing.c_str(), upper_.get(), name.c_str(), 0); });
  owners_.link(existing, name);
}

void EntryWriter::finish_directory(const SelectedEntry& entry,
                                   const FileTree& tree,
                                   const std::string& name) const {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  const Fd directory = open_at(upper_.get(), name, kFlags);
  const auto source = tree.root.try_open(entry.path, kFlags);
  set_metadata(directory, name,
               {look_.owner_of(entry), S_IFDIR | look_.mode_of(entry),
                source ? kept_xattrs_of(*source, tree.root.ownership()) : std::vector<Xattr>()});
  set_times(directory, entry.status.st_atim, entry.status.st_mtim);
}

/// Calls `make`, a system call that makes `name`; when an earlier source left something there, once
/// more after its removal.
template <typename Make>
int EntryWriter::make_new(const std::string& name, Make&& make) const {
  int result = make();
  if (result < 0 && errno == EEXIST && ::unlinkat(upper_.get(), name.c_str(), 0) == 0) {
    result = make();
  }
  if (result < 0) throw SysError("make {}", name);
  return result;
}

Fd EntryWriter::make_file(const std::string& name) const {
  return Fd(make_new(name, [&] {
    return ::openat(upper_.get(), name.c_str(),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  }));
}

void EntryWriter::write_regular(const SelectedEntry& entry,
                                const FileTree& tree,
                                const std::string& name) const {
  const Fd source = open_selected(entry, tree);
  const Fd file = make_file(name);
  copy_content(source, file, entry.status.st_size, entry.path, cancel_);
  check_unchanged(source, entry, tree);
  set_metadata(file, name,
               {look_.owner_of(entry), S_IFREG | look_.mode_of(entry),
                kept_xattrs_of(source, tree.root.ownership())});
  set_times(file, entry.status.st_atim, entry.status.st_mtim);
}

/// No layer can hold a socket.
void EntryWriter::write_in_place_of_socket(const SelectedEntry& entry,
                                           const std::string& name) const {
  const Fd file = make_file(name);
  set_metadata(file, name, {look_.owner_of(entry), S_IFREG | look_.mode_of(entry)});
  set_times(file, entry.status.st_atim, entry.status.st_mtim);
}

void EntryWriter::write_special(const SelectedEntry& entry, const std::string& name) const {
  const mode_t mode = entry.status.st_mode;
  if (S_ISCHR(mode) && entry.status.st_rdev == 0) {
    throw Error(ErrorKind::build,
                "{} is a character device 0:0, which is a whiteout (a deleted file) to overlayfs",
                printable(entry.path));
  }
  const mode_t type = mode & S_IFMT;
  const bool stands_for = owners_.makes_regular(type);
  make_new(name, [&] {
    return S_ISLNK(mode)
               ? ::symlinkat(entry.link.c_str(), upper_.get(), name.c_str())
               : ::mknodat(upper_.get(), name.c_str(), (stands_for ? mode_t{S_IFREG} : type) | 0600,
                           stands_for ? 0 : entry.status.st_rdev);
  });
  const Fd made = open_itself(upper_, name);
  set_metadata(made, name,
               {look_.owner_of(entry), type | look_.mode_of(entry), {}, entry.status.st_rdev});
  with_context(name, [&] { set_times(made, entry.status.st_atim, entry.status.st_mtim); });
}

}  // namespace cbuild::ops
