// Unpacks a tar beneath a directory; see apply.h.
#include "cbuild/layer/apply.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/path.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/layer/directory_cache.h"
#include "src/layer/file_xattrs.h"
#include "src/layer/shown_name.h"
#include "src/layer/tar_reader.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

using Directory = DirectoryCache::Directory;

/// Replaces `path` by `name` cleaned as clean_path() does, without the leading slash.
void clean_into(std::string& path, std::string_view name) {
  path.clear();
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      const std::size_t slash = path.find_last_of('/');
      path.resize(slash == std::string::npos ? 0 : slash);
      continue;
    }
    if (!path.empty()) path += '/';
    path += part;
  }
}

/// The kind of the nearest parent directory of `path` whose name is not an ordinary one.
NameKind classify_parents(std::string_view path) {
  for (path = parent_of(path); !path.empty(); path = parent_of(path)) {
    const NameKind kind = classify_name(last_component(path));
    if (kind != NameKind::ordinary) return kind;
  }
  return NameKind::ordinary;
}

/// Owner, mode and time of an entry, set after its content.
struct Metadata {
  FileLook look;
  timespec time{};
};

constexpr int kNewFile = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

Metadata metadata_of(const struct stat& status) {
  return {.look = {.uid = status.st_uid,
                   .gid = status.st_gid,
                   .mode = status.st_mode,
                   .device = status.st_rdev},
          .time = status.st_mtim};
}

class Applier {
 public:
  Applier(Source& tar, const Fd& root, const ApplyOptions& options)
      : root_(root),
        options_(options),
        owners_(options.owners != nullptr ? *options.owners : on_disk_),
        reader_(tar),
        directories_(root) {}

  ApplyResult run();

 private:
  void apply_entry();
  void make_entry();
  void make_file(Directory& parent);
  void make_directory(Directory& parent);
  void skip_device();
  void make_hard_link();
  void make_symlink(Directory& parent);
  void make_special(Directory& parent);
  void copy_from_below(const std::string& target);
  bool apply_whiteout();
  void describe_root();

  Directory& parent();
  Directory& open_parent(std::string_view path);
  void make_parents(std::string_view path, bool resolved);
  void make_parent(std::string_view path);
  bool remove_existing(Directory& parent, const std::string& name);
  template <typename Make>
  bool make_or_replace(Directory& parent, const std::string& name, Make make);

  void count(std::uint64_t bytes);
  void write_content(int fd);
  Metadata metadata() const;
  void set_metadata(const Fd& file,
                    std::string_view path,
                    const Metadata& wanted,
                    const std::vector<Xattr>& xattrs);
  void set_metadata_of_entry(const Directory& parent);
  RootTree merged() const;
  std::string resolve(const std::string& path) const;
  std::string resolved_parents(const std::string& path);
  void check_cancelled() const;

  bool in_layer() const { return options_.whiteouts == ApplyOptions::Whiteouts::overlay; }

  bool may_hide() const { return in_layer() || options_.lower != nullptr; }

  const Fd& root_;
  const ApplyOptions& options_;
  FileOwners on_disk_;
  FileOwners& owners_;
  TarReader reader_;
  DirectoryCache directories_;
  ApplyResult result_;
  std::map<std::string, std::string> resolved_;  ///< see resolved_parents()

  TarEntry entry_;
  std::string path_;  ///< of the entry, clean; "" is the root
  std::string base_;  ///< its last component
};

void Applier::check_cancelled() const {
  if (options_.cancel != nullptr) options_.cancel->check();
}

ApplyResult Applier::run() {
  while (reader_.next(entry_)) {
    check_cancelled();
    try {
      apply_entry();
    } catch (const Interrupted&) {
      throw;
    } catch (Error& error) {
      error.prepend(shown_name(entry_.path));
      throw;
    }
    ++result_.entries;
    result_.newest = std::max(result_.newest, entry_.mtime.seconds);
  }
  // The rest of the stream belongs to the digest that the caller compares. It is bounded, so that a
  // small layer cannot decompress to endless padding.
  std::uint64_t trailing = 0;
  while (const std::size_t bytes = reader_.drain()) {
    check_cancelled();
    trailing += bytes;
    if (options_.limit != 0 && trailing > options_.limit) {
      throw Error("more than {} bytes after the end of the archive", options_.limit);
    }
  }
  // Writing into a directory changes its time, so directories get theirs at the end.
  directories_.flush();
  return std::move(result_);
}

void Applier::apply_entry() {
  clean_into(path_, entry_.path);
  base_ = last_component(path_);
  if (path_.empty()) {
    describe_root();
  } else if (path_.find(kWhiteoutPrefix) == std::string::npos || !apply_whiteout()) {
    make_entry();
  }
}

/// Handles names that begin with ".wh.": whiteouts, opaque markers and the private files of aufs.
/// False for a name that only contains ".wh." elsewhere.
bool Applier::apply_whiteout() {
  const NameKind above = classify_parents(path_);
  const NameKind kind = classify_name(base_);
  if (above == NameKind::ordinary && kind == NameKind::ordinary) return false;
  if (!in_layer())
    throw Error("an archive cannot contain names that begin with '.wh.' (whiteouts)");
  // Private files of aufs (.wh..wh.plnk and the like) are skipped, with all that is in them.
  if (above == NameKind::aufs || (above == NameKind::ordinary && kind == NameKind::aufs)) {
    return true;
  }
  if (above != NameKind::ordinary) throw Error("is in a directory whose name is a whiteout");
  if (kind == NameKind::invalid) throw Error("is a whiteout that names no file");
  Directory& directory = parent();
  // overlayfs has an xattr where the layer tar has the file .wh..wh..opq.
  if (kind == NameKind::opaque) {
    make_opaque(directory.fd.get());
    return true;
  }
  // overlayfs has a character device 0:0 where the layer tar has the file .wh.NAME.
  base_.erase(0, kWhiteoutPrefix.size());
  ++result_.whiteouts;
  make_or_replace(directory, base_, [&] { return make_whiteout(directory.fd.get(), base_); });
  return true;
}

void Applier::make_entry() {
  switch (entry_.type) {
    case TarEntry::Type::file:
      return make_file(parent());
    case TarEntry::Type::directory:
      return make_directory(parent());
    case TarEntry::Type::hard_link:
      return make_hard_link();
    case TarEntry::Type::symlink:
      return make_symlink(parent());
    case TarEntry::Type::char_device:
    case TarEntry::Type::block_device:
    case TarEntry::Type::fifo:
      return make_special(parent());
  }
}

/// The entry names the root itself.
void Applier::describe_root() {
  if (entry_.type != TarEntry::Type::directory) throw Error("would replace the root directory");
  if (options_.keep_root) return;
  Directory* root = directories_.find("");
  if (root == nullptr) throw Error("the root directory has been removed");
  const Metadata wanted = metadata();
  set_metadata(root->fd, "", wanted, entry_.xattrs);
  root->time = wanted.time;
  root->changed = true;
}

Directory& Applier::parent() {
  return open_parent(parent_of(path_));
}

Directory& Applier::open_parent(std::string_view path) {
  if (Directory* directory = directories_.find(path)) return *directory;
  // Links of what lies below lead nowhere in `root`: they are followed in the text.
  const bool resolved = options_.lower != nullptr;
  std::string made(path);
  if (resolved) {
    made = resolved_parents(made + "/.");  // its own name is a parent of "."
    made.resize(made.size() == 1 ? 0 : made.size() - 2);
  }
  if (!resolved || directories_.find(made) == nullptr) make_parents(made, resolved);
  if (Directory* directory = directories_.find(made)) return *directory;
  throw Error("{} is not a directory", shown_name(path));
}

/// The tree as it is by now, on top of what lies below it.
RootTree Applier::merged() const {
  std::vector<TreeDirectory::Part> parts;
  parts.push_back({std::make_shared<const Fd>(duplicate(root_.get())), nullptr});
  if (opaque_mark(root_.get()) == nullptr) {
    const std::vector<TreeDirectory::Part>& below = options_.lower->root().parts();
    parts.insert(parts.end(), below.begin(), below.end());
  }
  return RootTree(std::move(parts));
}

std::string Applier::resolve(const std::string& path) const {
  if (options_.lower == nullptr) return resolve_in_root(root_, path).substr(1);
  return merged().resolve(path).substr(1);
}

/// `path` with the links of its parents followed: asked for many files of one directory.
std::string Applier::resolved_parents(const std::string& path) {
  const std::string above(parent_of(path));
  const std::string name(last_component(path));
  if (above.empty()) return name;
  auto known = resolved_.find(above);
  if (known == resolved_.end()) known = resolved_.emplace(above, resolve(above)).first;
  return known->second.empty() ? name : known->second + "/" + name;
}

/// Creates the missing directories of `path`. A dangling symbolic link is followed inside the root:
/// the directories that it names are created. @param resolved  `path` contains no link to follow
void Applier::make_parents(std::string_view path, bool resolved) {
  for (std::size_t end = 0; end != path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string prefix(path.substr(0, end));
    if (directories_.find(prefix) != nullptr) continue;
    // The parent exists by now: the loop goes from the root downwards.
    Directory* above = directories_.find(parent_of(prefix));
    if (above == nullptr) throw Error("{} is not a directory", shown_name(parent_of(prefix)));
    const std::string name(last_component(prefix));

    struct stat status {};

    if (::fstatat(above->fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) throw SysError("stat {}", shown_name(prefix));
      const auto below = options_.lower != nullptr ? merged().stat(prefix) : std::nullopt;
      if (below && !S_ISDIR(below->st_mode)) {
        throw Error("{} is not a directory", shown_name(prefix));
      }
      make_parent(prefix);
    } else if (S_ISLNK(status.st_mode) && !resolved) {
      make_parents(resolve(prefix), true);
    } else if (in_layer() && is_whiteout(status, above->fd.get(), name.c_str())) {
      make_parent(
          prefix);  // the layer deletes the directory of the layers below and makes a new one
    } else {
      throw Error("{} is not a directory", shown_name(prefix));
    }
  }
}

/// Creates a directory that the tar does not describe: with the metadata of the directory in the
/// layers below if there is one, as a copy-up of overlayfs would.
void Applier::make_parent(std::string_view path) {
  Directory& above = *directories_.find(parent_of(path));
  const std::string name(last_component(path));
  const auto below =
      options_.lower != nullptr ? merged().directory(path, /*follow=*/false) : nullptr;
  const bool replaced =
      make_or_replace(above, name, [&] { return ::mkdirat(above.fd.get(), name.c_str(), 0700); });
  Fd fd = open_at(above.fd.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  // Defaults: the time of the entry, 0755, owned by root or by the owner that the caller wants.
  Metadata wanted = metadata();
  std::vector<Xattr> xattrs;
  wanted.look.mode = S_IFDIR | 0755;
  if (!options_.owner) wanted.look.uid = wanted.look.gid = 0;
  if (!replaced && below) {
    wanted = metadata_of(below->stat());
    xattrs = read_xattrs(below->top().fd->get());
    resolve_records(xattrs, owners_.how());
  }
  set_metadata(fd, path, wanted, xattrs);
  // A whiteout was replaced: the new directory must hide the old one, too.
  if (replaced) make_opaque(fd.get());
  directories_.add(path, std::move(fd), wanted.time);
}

/// Removes the existing file or directory. True when it was not a directory.
bool Applier::remove_existing(Directory& parent, const std::string& name) {
  struct stat status {};

  if (::fstatat(parent.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    throw SysError("stat the existing file");
  }
  if (S_ISDIR(status.st_mode)) {
    remove_tree(parent.fd.get(), name);
  } else if (::unlinkat(parent.fd.get(), name.c_str(), 0) != 0) {
    throw SysError("remove the existing file");
  }
  // Cached paths may have led through the removed directory or link.
  if (S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode)) {
    directories_.forget_paths(parent);
    resolved_.clear();
  }
  return !S_ISDIR(status.st_mode);
}

/// Calls `make`, a system call. When the name exists (EEXIST), removes it and calls `make` again.
/// True when it removed something that was not a directory. @throws SysError
template <typename Make>
bool Applier::make_or_replace(Directory& parent, const std::string& name, Make make) {
  parent.changed = true;
  bool replaced = false;
  if (make() < 0) {
    if (errno != EEXIST) throw SysError("create");
    replaced = remove_existing(parent, name);
    if (make() < 0) throw SysError("create");
  }
  return replaced;
}

void Applier::count(std::uint64_t bytes) {
  if (options_.limit != 0 && bytes > options_.limit - std::min(options_.limit, result_.bytes)) {
    throw Error("would be larger than the limit of {} bytes", options_.limit);
  }
  result_.bytes += bytes;
}

void Applier::make_file(Directory& parent) {
  count(entry_.size);
  Fd fd;
  make_or_replace(parent, base_, [&] {
    fd = Fd(::openat(parent.fd.get(), base_.c_str(), kNewFile, 0600));
    return fd.get();
  });
  write_content(fd.get());
  const Metadata wanted = metadata();
  set_metadata(fd, path_, wanted, entry_.xattrs);
  set_times(fd, wanted.time, wanted.time);
}

void Applier::write_content(int fd) {
  std::uint64_t position = 0;
  for (TarChunk chunk = reader_.content(); !chunk.bytes.empty(); chunk = reader_.content()) {
    check_cancelled();
    // Holes of a sparse file are skipped, so that they stay holes.
    if (chunk.offset != position && ::lseek(fd, static_cast<off_t>(chunk.offset), SEEK_SET) < 0) {
      throw SysError("seek");
    }
    write_all(fd, chunk.bytes, "content");
    position = chunk.offset + chunk.bytes.size();
  }
  // A hole at the end has no chunk after it: only the size says that it is there.
  if (position != entry_.size && ::ftruncate(fd, static_cast<off_t>(entry_.size)) != 0) {
    throw SysError("set size");
  }
}

void Applier::make_directory(Directory& parent) {
  bool replaced = false;
  Fd fd;
  parent.changed = true;
  if (::mkdirat(parent.fd.get(), base_.c_str(), 0700) != 0) {
    if (errno != EEXIST) throw SysError("make directory");

    // A directory that exists keeps its content and gets new metadata; all else is replaced.
    struct stat status {};

    if (::fstatat(parent.fd.get(), base_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      throw SysError("stat the existing file");
    }
    if (!S_ISDIR(status.st_mode)) {
      replaced = make_or_replace(parent, base_,
                                 [&] { return ::mkdirat(parent.fd.get(), base_.c_str(), 0700); });
    }
  }
  fd = open_at(parent.fd.get(), base_, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const Metadata wanted = metadata();
  set_metadata(fd, path_, wanted, entry_.xattrs);
  // The replaced file hid the directory of this name in the layers below: the new directory must
  // hide it, too.
  if (replaced && may_hide()) make_opaque(fd.get());
  directories_.add(path_, std::move(fd), wanted.time);
}

void Applier::make_symlink(Directory& parent) {
  resolved_.clear();  // it may lead where a directory was expected
  make_or_replace(parent, base_,
                  [&] { return ::symlinkat(entry_.link.c_str(), parent.fd.get(), base_.c_str()); });
  set_metadata_of_entry(parent);
}

void Applier::make_special(Directory& parent) {
  const bool character = entry_.type == TarEntry::Type::char_device;
  constexpr std::uint64_t kMax = std::numeric_limits<unsigned>::max();
  if (entry_.major > kMax || entry_.minor > kMax) throw Error("bad device number");
  const dev_t device =
      ::makedev(static_cast<unsigned>(entry_.major), static_cast<unsigned>(entry_.minor));
  // A character device 0:0 would be a whiteout. Other devices are made where the caller allows it.
  const bool is_device = entry_.type != TarEntry::Type::fifo;
  const bool is_whiteout = character && device == 0;
  if (is_whiteout || (is_device && !options_.devices)) return skip_device();
  mode_t type = character ? S_IFCHR : S_IFBLK;
  if (entry_.type == TarEntry::Type::fifo) type = S_IFIFO;
  // What stands for a device in a tree with records is a regular file.
  const mode_t made = owners_.makes_regular(type) ? mode_t{S_IFREG} : type;
  try {
    make_or_replace(parent, base_, [&] {
      return ::mknodat(parent.fd.get(), base_.c_str(), made | 0600,
                       made == type && is_device ? device : dev_t{0});
    });
  } catch (const SysError& error) {
    // mknod(2) of a device needs CAP_MKNOD in the initial user namespace.
    if (error.code() != EPERM || type == S_IFIFO) throw;
    return skip_device();
  }
  set_metadata_of_entry(parent);
}

void Applier::skip_device() {
  constexpr std::size_t kMaxNames = 1000;
  if (result_.skipped_devices.size() < kMaxNames) result_.skipped_devices.push_back(path_);
}

void Applier::make_hard_link() {
  std::string target;
  clean_into(target, entry_.link);
  if (target.empty()) throw Error("hard link to the root directory");
  // Links on the way may be of the image, or lead into it.
  if (options_.lower != nullptr || owners_.are_recorded()) target = resolved_parents(target);
  // Opened apart from the directory cache: opening parent() below may evict the target's directory
  // from it.
  const auto from = try_open_in_root(
      root_, target.find('/') == std::string::npos ? std::string_view(".") : parent_of(target),
      O_PATH | O_DIRECTORY);
  const std::string name(last_component(target));

  struct stat status {};

  if (!from || ::fstatat(from->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return copy_from_below(target);
  }
  if (in_layer() && is_whiteout(status, from->get(), name.c_str())) {
    throw Error("hard link to {}, which this layer deletes", shown_name(target));
  }
  if (S_ISDIR(status.st_mode)) throw Error("hard link to the directory {}", shown_name(target));
  Directory& directory = parent();

  struct stat existing {};

  if (::fstatat(directory.fd.get(), base_.c_str(), &existing, AT_SYMLINK_NOFOLLOW) == 0 &&
      existing.st_dev == status.st_dev && existing.st_ino == status.st_ino) {
    return;  // a link to itself
  }
  make_or_replace(directory, base_, [&] {
    return ::linkat(from->get(), name.c_str(), directory.fd.get(), base_.c_str(), 0);
  });
  if (owners_.are_recorded()) owners_.link(target, resolved_parents(path_));
}

/// A hard link to a file of the layers below: link(2) does not reach it, so it is copied with all
/// its metadata, as a copy-up of overlayfs would.
void Applier::copy_from_below(const std::string& target) {
  const auto status = options_.lower != nullptr ? merged().stat(target) : std::nullopt;
  if (!status) throw Error("hard link to {}, which does not exist", shown_name(target));
  // Looked at first: opening a FIFO blocks, opening a device has side effects.
  if (!S_ISREG(status->st_mode))
    throw Error("hard link to {}, which is not a regular file", shown_name(target));
  const Fd file = merged().open(target, O_RDONLY | O_NOFOLLOW);
  FdSource source(duplicate(file.get()), "content");
  count(static_cast<std::uint64_t>(status->st_size));
  Directory& directory = parent();
  Fd fd;
  make_or_replace(directory, base_, [&] {
    fd = Fd(::openat(directory.fd.get(), base_.c_str(), kNewFile, 0600));
    return fd.get();
  });
  FdSink sink(fd.get(), "content");
  copy(source, sink);
  std::vector<Xattr> xattrs = read_xattrs(file.get());
  resolve_records(xattrs, owners_.how());
  set_metadata(fd, path_, metadata_of(*status), xattrs);
  set_times(fd, status->st_mtim, status->st_mtim);
}

Metadata Applier::metadata() const {
  Metadata wanted{.look = {.uid = entry_.uid,
                           .gid = entry_.gid,
                           .mode = file_type(entry_.type) | (entry_.mode & 07777)},
                  .time = {entry_.mtime.seconds, static_cast<long>(entry_.mtime.nanoseconds)}};
  const bool is_device = S_ISCHR(wanted.look.mode) || S_ISBLK(wanted.look.mode);
  if (is_device) {
    wanted.look.device =
        ::makedev(static_cast<unsigned>(entry_.major), static_cast<unsigned>(entry_.minor));
  }
  if (options_.owner) {
    wanted.look.uid = options_.owner->uid;
    wanted.look.gid = options_.owner->gid;
  }
  if (!options_.set_ids && entry_.type == TarEntry::Type::file) wanted.look.mode &= ~mode_t{06000};
  return wanted;
}

/// Sets everything but the time.
void Applier::set_metadata(const Fd& file,
                           std::string_view path,
                           const Metadata& wanted,
                           const std::vector<Xattr>& xattrs) {
  owners_.give(file, path, wanted.look);
  write_xattrs(file, xattrs, owners_);
}

/// Sets owner, mode, xattrs and times of a link or special file through O_PATH: opening a device
/// would have side effects.
void Applier::set_metadata_of_entry(const Directory& parent) {
  const Metadata wanted = metadata();
  const Fd itself = open_itself(parent.fd, base_);
  // Recorded by the path that it has without links.
  const std::string path = owners_.are_recorded() ? resolved_parents(path_) : path_;
  set_metadata(itself, path, wanted, entry_.xattrs);
  set_times(itself, wanted.time, wanted.time);
}

}  // namespace

ApplyResult apply(Source& tar, const Fd& root, const ApplyOptions& options) {
  return Applier(tar, root, options).run();
}

}  // namespace cbuild::layer
