// Writes a directory as a canonical tar; see diff.h.
#include "cbuild/layer/diff.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/layer/tar_format.h"
#include "cbuild/layer/tar_writer.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/text.h"
#include "src/layer/directory_walk.h"
#include "src/layer/file_xattrs.h"
#include "src/layer/read_ahead.h"
#include "src/layer/shown_name.h"
#include "src/layer/whiteout.h"

namespace cbuild::layer {

namespace {

/// Goes over a tree, depth first, in byte order, and queues all that is there.
class Walk {
 public:
  Walk(std::shared_ptr<const TreeDirectory> root, bool overlay) : overlay_(overlay) {
    enter(std::move(root));
  }

  /// Queues the next entry. False when there is none.
  bool step(ReadAhead& queue);

 private:
  struct Level {
    NameList names;
    std::size_t next = 0;
    std::size_t path_size;  ///< of the directory above
  };

  void enter(std::shared_ptr<const TreeDirectory> directory);
  void queue_directory(ReadAhead& queue, std::string_view name);
  unsigned char type_of(const Level& level, std::size_t i) const;

  const bool overlay_;
  DirectoryStack directories_;
  std::vector<Level> levels_;
  std::string path_;  ///< of the directory where the walk is; "" or ending in '/'
};

void Walk::enter(std::shared_ptr<const TreeDirectory> directory) {
  levels_.push_back({NameList(*directory), 0, 0});
  directories_.push(std::move(directory));
}

unsigned char Walk::type_of(const Level& level, std::size_t i) const {
  if (level.names.type(i) != DT_UNKNOWN) return level.names.type(i);

  const std::string name(level.names.name(i));
  const auto status = directories_.top().stat(name);
  if (!status) throw Error("{}{}: is gone", shown_name(path_), shown_name(name));
  return static_cast<unsigned char>(IFTODT(status->st_mode));
}

bool Walk::step(ReadAhead& queue) {
  while (levels_.back().next == levels_.back().names.size()) {
    if (levels_.size() == 1) return false;
    path_.resize(levels_.back().path_size);
    levels_.pop_back();
    directories_.pop();
  }
  Level& level = levels_.back();
  const std::size_t i = level.next++;
  const std::string_view name = level.names.name(i);
  const unsigned char type = type_of(level, i);
  if (name.starts_with(kWhiteoutPrefix)) {
    throw Error(
        "{}{}: cannot be written to a layer, because a name that begins with '.wh.' is a whiteout "
        "there",
        shown_name(path_), shown_name(name));
  }
  if (type == DT_DIR) {
    queue_directory(queue, name);
    return true;
  }
  PlannedEntry& entry = queue.back();
  entry.path.assign(path_).append(name);
  entry.name = name;
  const TreeDirectory::Part& part = directories_.top().parts()[level.names.part(i)];
  entry.directory = part.fd;
  entry.owners = part.owners;
  entry.opaque = false;
  entry.regular = type == DT_REG;
  queue.push(false);
  return true;
}

/// Queues a directory, then its opaque mark, and goes into it.
void Walk::queue_directory(ReadAhead& queue, std::string_view name) {
  const std::size_t above = path_.size();
  const std::string own_name(name);  // enter() moves what `name` is a part of
  path_.append(own_name).append("/");
  with_context(shown_name(path_), [&] {
    auto directory = directories_.top().directory(own_name);
    if (!directory) throw Error("is no directory any more");
    PlannedEntry& entry = queue.back();
    entry.path = path_;
    entry.opaque = false;
    entry.owners = directory->top().owners;
    const int fd = directory->top().fd->get();
    if (::fstat(fd, &entry.status) != 0) throw SysError("stat");
    entry.xattrs = read_xattrs(fd);
    const bool opaque = overlay_ && is_opaque(entry.xattrs);
    queue.push(true);
    if (opaque) {
      PlannedEntry& mark = queue.back();
      mark.path.assign(path_).append(kOpaqueName);
      mark.opaque = true;
      queue.push(true);
    }
    enter(std::move(directory));
    levels_.back().path_size = above;
  });
}

/// Turns queued entries into a tar.
class Writer {
 public:
  Writer(TarWriter& tar, const std::string& prefix, bool overlay, const DiffOptions& options)
      : tar_(tar), prefix_(prefix), overlay_(overlay), options_(options) {}

  void write(PlannedEntry& planned);

 private:
  void write_mark(const std::string& path);
  void describe(PlannedEntry& planned);
  bool write_as_link(const PlannedEntry& planned);
  void write_content(const PlannedEntry& planned);

  TarWriter& tar_;
  const std::string& prefix_;
  const bool overlay_;
  const DiffOptions& options_;
  TarEntry entry_;
  std::vector<std::byte> buffer_;
  /// Files with more than one name: the one that was written.
  std::map<std::pair<dev_t, ino_t>, std::string> first_names_;
};

void Writer::write(PlannedEntry& planned) {
  if (planned.error) std::rethrow_exception(planned.error);
  if (planned.opaque) return write_mark(planned.path);
  const struct stat& status = planned.status;
  if (S_ISSOCK(status.st_mode)) return;
  if (overlay_ && is_whiteout(status, planned.xattrs)) {
    std::string path = planned.path;
    path.insert(path.size() - planned.name.size(), kWhiteoutPrefix);
    return write_mark(path);
  }
  if (planned.owners && planned.owners->are_recorded()) {
    planned.owners->amend(planned.status, planned.xattrs, planned.path);
    resolve_records(planned.xattrs, Ownership::recorded);
  }
  describe(planned);
  if (S_ISREG(status.st_mode) && status.st_nlink > 1 && write_as_link(planned)) return;
  tar_.start(entry_);
  if (S_ISREG(status.st_mode)) write_content(planned);
}

/// An empty file that only says something by its name.
void Writer::write_mark(const std::string& path) {
  entry_ = TarEntry{};
  entry_.path = prefix_ + path;
  tar_.start(entry_);
}

void Writer::describe(PlannedEntry& planned) {
  const struct stat& status = planned.status;
  entry_.path.assign(prefix_).append(planned.path);
  entry_.link = planned.link;
  entry_.mode = status.st_mode & 07777U;
  entry_.uid = status.st_uid;
  entry_.gid = status.st_gid;
  entry_.mtime.seconds = status.st_mtim.tv_sec;
  if (options_.latest_time) {
    entry_.mtime.seconds = std::min(entry_.mtime.seconds, *options_.latest_time);
  }
  entry_.size = 0;
  entry_.major = entry_.minor = 0;
  switch (status.st_mode & S_IFMT) {
    case S_IFREG:
      entry_.type = TarEntry::Type::file;
      entry_.size = static_cast<std::uint64_t>(status.st_size);
      break;
    case S_IFDIR:
      entry_.type = TarEntry::Type::directory;
      break;
    case S_IFLNK:
      entry_.type = TarEntry::Type::symlink;
      break;
    case S_IFIFO:
      entry_.type = TarEntry::Type::fifo;
      break;
    default:
      entry_.type =
          S_ISCHR(status.st_mode) ? TarEntry::Type::char_device : TarEntry::Type::block_device;
      entry_.major = ::gnu_dev_major(status.st_rdev);
      entry_.minor = ::gnu_dev_minor(status.st_rdev);
  }
  for (const Xattr& xattr : planned.xattrs) {
    // The directory or the content lies elsewhere: what is here is not what one sees.
    if (overlay_ && is_overlay_xattr(xattr.name) &&
        (xattr.name.ends_with(".redirect") || xattr.name.ends_with(".metacopy"))) {
      throw Error("has the attribute {}: overlayfs keeps its content in another layer", xattr.name);
    }
  }
  entry_.xattrs = std::move(planned.xattrs);
  std::erase_if(entry_.xattrs, [](const Xattr& xattr) { return !is_written_xattr(xattr.name); });
}

bool Writer::write_as_link(const PlannedEntry& planned) {
  const auto [first, is_first] =
      first_names_.try_emplace({planned.status.st_dev, planned.status.st_ino}, entry_.path);
  if (is_first) return false;
  entry_.type = TarEntry::Type::hard_link;
  entry_.link = first->second;
  entry_.xattrs.clear();
  tar_.start(entry_);
  return true;
}

void Writer::write_content(const PlannedEntry& planned) {
  if (planned.content) return tar_.content(std::span(planned.content.get(), entry_.size));
  if (entry_.size == 0) return;
  FdSource source(
      open_quietly(planned.directory->get(), planned.name.c_str(), O_RDONLY | O_NONBLOCK),
      "content");
  if (buffer_.empty()) buffer_.resize(kIoBlock);
  for (std::uint64_t left = entry_.size; left != 0;) {
    if (options_.cancel != nullptr) options_.cancel->check();
    const std::size_t step = std::min<std::uint64_t>(left, buffer_.size());
    const std::size_t count = source.read(std::span(buffer_).first(step));
    if (count == 0) throw Error("became shorter while it was being read");
    tar_.content(std::span(buffer_).first(count));
    left -= count;
  }
}

/// @param overlay  `root` is the directory of a layer: char devices 0:0 become ".wh." entries,
/// opaque directories ".wh..wh..opq"
void write_directory(std::shared_ptr<const TreeDirectory> root,
                     bool overlay,
                     const std::string& prefix,
                     TarWriter& tar,
                     const DiffOptions& options) {
  ReadAhead queue(options.readers);
  Walk walk(std::move(root), overlay);
  Writer writer(tar, prefix, overlay, options);
  for (bool more = true;;) {
    while (more && !queue.full())
      more = walk.step(queue);
    if (queue.empty()) break;
    if (options.cancel != nullptr) options.cancel->check();
    PlannedEntry& entry = queue.front();
    try {
      writer.write(entry);
    } catch (const Interrupted&) {
      throw;
    } catch (Error& error) {
      error.prepend(shown_name(entry.path));
      throw;
    }
    queue.pop();
  }
}

}  // namespace

void write_tree(const RootTree& root,
                const std::string& prefix,
                TarWriter& tar,
                const DiffOptions& options) {
  write_directory(root.directory(""), /*overlay=*/false, prefix, tar, options);
}

void write_tar(const RootTree& root, Sink& tar, const DiffOptions& options) {
  TarWriter writer(tar);
  write_tree(root, {}, writer, options);
  writer.finish();
}

void write_tar(const Fd& layer, Sink& tar, const DiffOptions& options) {
  TarWriter writer(tar);
  write_directory(layer_directory(layer, options.owners), /*overlay=*/true, {}, writer, options);
  writer.finish();
}

}  // namespace cbuild::layer
