// COPY and ADD; see copy.h.
#include "src/ops/copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

#include "cbuild/layer/archive.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/file_digests.h"
#include "src/ops/kept_xattrs.h"
#include "src/ops/paths.h"

namespace cbuild::ops {

namespace {

constexpr std::size_t kFilesAtOnce = 32;   // handed to a thread, at least
constexpr std::size_t kMostAtOnce = 1024;  // likewise, at most
constexpr off_t kSmallFile = 128 << 10;

/// read(2) and write(2): best for small files, works for all.
void copy_through_buffer(const Fd& from,
                         const Fd& to,
                         const std::string& name,
                         const CancelToken& cancel) {
  thread_local std::vector<std::byte> buffer(kIoBlock);
  for (;;) {
    cancel.check();
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SysError("read {}", name);
    write_all(to.get(), std::span(buffer).first(static_cast<std::size_t>(count)), name);
    // Less than was asked for is the end of a regular file.
    if (count < static_cast<ssize_t>(buffer.size())) return;
  }
}

void copy_content(
    const Fd& from, const Fd& to, off_t size, const std::string& name, const CancelToken& cancel) {
  if (size <= kSmallFile) return copy_through_buffer(from, to, name, cancel);
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return;
  constexpr std::size_t kChunk = 32 << 20;  // so that Ctrl-C is seen
  for (;;) {
    cancel.check();
    const ssize_t count = ::copy_file_range(from.get(), nullptr, to.get(), nullptr, kChunk, 0);
    if (count == 0) return;
    if (count > 0 || errno == EINTR) continue;
    if (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
      return copy_through_buffer(from, to, name, cancel);
    }
    throw SysError("copy {}", name);
  }
}

/// One COPY on its way: directories are made in order, then files side by side, then links and
/// times.
class CopyRun {
 public:
  CopyRun(const CopyRequest& request, Upper& upper, const CancelToken& cancel)
      : request_(request), op_(request.op), upper_(upper), cancel_(cancel) {
    if (!op_.mode.empty()) mode_ = FileMode::parse(op_.mode);
    new_directory_.owner = request.owner;
    if (mode_ && mode_->absolute()) new_directory_.mode = mode_->apply(0, true);
  }

  void run() {
    destination_ = upper_.resolve(clean_path("/", op_.destination));
    refuse_several_into_one();
    for (const SelectedSource& source : request_.selection.sources) {
      if (source.directory) {
        plan_directory(source);
      } else {
        plan_file(source);
      }
    }
    flush_files();
    for (const graph::InlineFile& file : op_.inline_files)
      write_inline(file);
    set_directory_metadata();
  }

 private:
  struct File {
    const SelectedEntry* entry;
    const SelectedSource* source;  ///< what it came of
    std::string target;

    const FileTree& tree() const { return *source->tree; }
  };

  struct Link {
    std::string existing;
    std::string target;
  };

  /// Writes all that is planned. Before anybody else writes to the upper directory: afterwards a
  /// directory on the way may have become a link.
  void flush() {
    flush_files();
    set_directory_metadata();
    upper_.forget();
  }

  void flush_files() {
    write_files();
    for (const Link& link : links_)
      make_link(link);
    files_.clear();
    links_.clear();
    by_target_.clear();
  }

  bool goes_into_directory() const {
    if (op_.destination.ends_with('/') || destination_ == "/") return true;
    const auto status = upper_.find(destination_);
    return status && S_ISDIR(status->st_mode);
  }

  /// BuildKit would let the last one win without a word. A directory that comes first makes the
  /// destination a directory, as does an archive.
  void refuse_several_into_one() const {
    const auto& selection = request_.selection.sources;
    if (selection.size() + op_.inline_files.size() < 2 || goes_into_directory()) return;
    if (selection.empty() || !makes_directory(selection.front())) {
      throw InTheWay(ErrorKind::usage,
                     "When using {} with more than one source file, the destination must be a "
                     "directory and end with a / (write {}/)",
                     op_.unpack_archives ? "ADD" : "COPY", printable(op_.destination));
    }
  }

  static bool makes_directory(const SelectedSource& source) {
    return source.directory || open_archive(source);
  }

  /// The file that `source` is, when it is an archive to be unpacked.
  static std::optional<Fd> open_archive(const SelectedSource& source) {
    if (source.entries.empty() || !source.tree->unpack) return std::nullopt;
    const SelectedEntry& entry = source.entries.front();
    if (!S_ISREG(entry.status.st_mode)) return std::nullopt;
    FdSource content(open_source(entry, *source.tree), entry.path);
    if (!layer::is_archive(content)) return std::nullopt;
    return open_source(entry, *source.tree);  // to be read from its beginning
  }

  void plan_directory(const SelectedSource& source) {
    upper_.make_directory(destination_, new_directory_);
    for (const SelectedEntry& entry : source.entries)
      plan_entry(entry, source, join_path(destination_, entry.target));
  }

  void plan_file(const SelectedSource& source) {
    if (source.entries.empty()) return;  // excluded
    const SelectedEntry& entry = source.entries.front();
    if (const auto archive = open_archive(source)) {
      upper_.make_directory(destination_, {request_.owner, 0755});  // --chmod is not for archives
      flush();
      request_.unpack(*archive, entry.path, destination_);
      return;
    }
    plan_entry(entry, source, target_of_file(source.name));
  }

  std::string target_of_file(const std::string& name) {
    if (goes_into_directory()) {
      upper_.make_directory(destination_, new_directory_);
      return join_path(destination_, name);
    }
    upper_.make_directory(parent_of(destination_), new_directory_);
    return destination_;
  }

  void plan_entry(const SelectedEntry& entry,
                  const SelectedSource& source,
                  const std::string& target) {
    if (S_ISDIR(entry.status.st_mode)) {
      if (by_target_.contains(target)) {
        throw InTheWay(ErrorKind::build, "cannot copy to non-directory: {}", printable(target));
      }
      upper_.make_directory(target, new_directory_);
      plan(directories_, by_directory_, {&entry, &source, target});
      return;
    }
    upper_.make_way(target);
    plan(files_, by_target_, {&entry, &source, target});
  }

  /// A later source replaces an earlier one.
  static void plan(std::vector<File>& planned,
                   std::unordered_map<std::string, std::size_t>& known,
                   File file) {
    const auto [at, is_new] = known.try_emplace(file.target, planned.size());
    if (is_new) {
      planned.push_back(std::move(file));
    } else {
      planned[at->second] = std::move(file);
    }
  }

  /// Names of one file within one source: the first is copied, the others are linked to it.
  void separate_links() {
    std::map<std::tuple<const SelectedSource*, dev_t, ino_t>, std::string> first;
    std::erase_if(files_, [&](const File& file) {
      if (!S_ISREG(file.entry->status.st_mode) || file.entry->status.st_nlink < 2) return false;
      const auto [at, is_new] = first.try_emplace(
          {file.source, file.entry->status.st_dev, file.entry->status.st_ino}, file.target);
      if (!is_new) links_.push_back({at->second, file.target});
      return !is_new;
    });
  }

  void write_files() {
    separate_links();
    const std::vector<std::size_t> begins = batches();
    parallel_for(begins.size() - 1, processor_count(), [&](std::size_t batch) {
      for (std::size_t i = begins[batch]; i < begins[batch + 1]; ++i) {
        cancel_.check();
        write_entry(files_[i], Upper::relative(files_[i].target));
      }
    });
  }

  /// Where the batches begin, and the end. They are cut between directories: two threads that make
  /// files in one directory wait for each other.
  std::vector<std::size_t> batches() const {
    std::vector<std::size_t> begins = {0};
    for (std::size_t i = 1; i < files_.size(); ++i) {
      const std::size_t size = i - begins.back();
      const bool boundary = parent_of(files_[i].target) != parent_of(files_[i - 1].target);
      if ((boundary && size >= kFilesAtOnce) || size >= kMostAtOnce) begins.push_back(i);
    }
    begins.push_back(files_.size());
    return begins;
  }

  static Fd open_source(const SelectedEntry& entry, const FileTree& tree) {
    Fd file = open_in_root(tree.root, entry.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    check_unchanged(file, entry, tree);
    return file;
  }

  /// What is copied must be what its digest was made of.
  static void check_unchanged(const Fd& file, const SelectedEntry& entry, const FileTree& tree) {
    struct stat status {};

    if (::fstat(file.get(), &status) != 0) throw SysError("stat {}", entry.path);
    const bool same = FileIdentity::of(status) == FileIdentity::of(entry.status);
    if (tree.may_change && !same) {
      throw Error(ErrorKind::build, "{} was changed while it was copied", printable(entry.path))
          .with_hint("build again when nothing writes to the context");
    }
  }

  image::Ids owner_of_entry(const SelectedEntry& entry) const {
    return request_.keep_owner ? image::Ids{entry.status.st_uid, entry.status.st_gid}
                               : request_.owner;
  }

  mode_t mode_of_entry(const SelectedEntry& entry) const {
    const mode_t own = entry.status.st_mode & 07777;
    return mode_ ? mode_->apply(own, S_ISDIR(entry.status.st_mode)) : own;
  }

  /// Makes `name` by `make`, a system call; what an earlier source left there goes.
  template <typename Make>
  int make_new(const std::string& name, Make&& make) const {
    int result = make();
    if (result < 0 && errno == EEXIST && ::unlinkat(upper_.upper().get(), name.c_str(), 0) == 0) {
      result = make();
    }
    if (result < 0) throw SysError("make {}", name);
    return result;
  }

  Fd make_file(const std::string& name) const {
    return Fd(make_new(name, [&] {
      return ::openat(upper_.upper().get(), name.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }));
  }

  void write_entry(const File& planned, const std::string& name) {
    const SelectedEntry& entry = *planned.entry;
    const int root = upper_.upper().get();
    const image::Ids owner = owner_of_entry(entry);
    if (S_ISREG(entry.status.st_mode)) return write_regular(entry, planned.tree(), name);
    if (S_ISSOCK(entry.status.st_mode)) return write_in_place_of_socket(entry, name);
    if (S_ISCHR(entry.status.st_mode) && entry.status.st_rdev == 0) {
      throw Error(ErrorKind::build,
                  "{} is a character device 0:0, which means a deleted file to overlayfs",
                  printable(entry.path));
    }
    const bool link = S_ISLNK(entry.status.st_mode);
    make_new(name, [&] {
      return link ? ::symlinkat(entry.link.c_str(), root, name.c_str())
                  : ::mknodat(root, name.c_str(), entry.status.st_mode & (S_IFMT | 07777),
                              entry.status.st_rdev);
    });
    const Fd made = open_itself(upper_.upper(), name);
    with_context(name, [&] {
      set_owner(made, owner.uid, owner.gid);
      if (!link) set_mode(made, mode_of_entry(entry));
      set_times(made, entry.status.st_atim, entry.status.st_mtim);
    });
  }

  void write_regular(const SelectedEntry& entry, const FileTree& tree, const std::string& name) {
    const Fd source = open_source(entry, tree);
    const Fd file = make_file(name);
    copy_content(source, file, entry.status.st_size, entry.path, cancel_);
    check_unchanged(source, entry, tree);
    finish_file(file, name, owner_of_entry(entry), mode_of_entry(entry), kept_xattrs_of(source));
    set_times(file, entry.status.st_atim, entry.status.st_mtim);
  }

  /// No layer can hold a socket; BuildKit makes an empty file of one.
  void write_in_place_of_socket(const SelectedEntry& entry, const std::string& name) {
    const Fd file = make_file(name);
    finish_file(file, name, owner_of_entry(entry), mode_of_entry(entry));
    set_times(file, entry.status.st_atim, entry.status.st_mtim);
  }

  /// Owner first: chown(2) takes setuid bits and capabilities away. Also to root: in a setgid
  /// directory a new file has the directory's group.
  static void finish_file(const Fd& file,
                          const std::string& name,
                          const image::Ids& owner,
                          mode_t mode,
                          const std::vector<Xattr>& xattrs = {}) {
    with_context(name, [&] {
      set_owner(file, owner.uid, owner.gid);
      for (const Xattr& xattr : xattrs)
        set_xattr(file, xattr);
      set_mode(file, mode);
    });
  }

  void make_link(const Link& link) {
    const int root = upper_.upper().get();
    const std::string target = Upper::relative(link.target);
    make_new(target, [&] {
      return ::linkat(root, Upper::relative(link.existing).c_str(), root, target.c_str(), 0);
    });
  }

  /// Heredocs: time 1970, so that equal texts are equal layers.
  void write_inline(const graph::InlineFile& inline_file) {
    const std::string target = target_of_file(inline_file.name);
    upper_.make_way(target);
    const std::string name = Upper::relative(target);
    const Fd file = make_file(name);
    write_all(file.get(), as_bytes(inline_file.content), name);
    finish_file(file, name, request_.owner, mode_ ? mode_->apply(0644, false) : 0644);
    set_times(file, {}, {});
  }

  /// Last, because writing into a directory changes its time, and from the inside out, because a
  /// directory may forbid to be entered.
  void set_directory_metadata() {
    for (auto at = directories_.rbegin(); at != directories_.rend(); ++at) {
      const std::string name = Upper::relative(at->target);
      const Fd directory = open_at(upper_.upper().get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      finish_file(directory, name, owner_of_entry(*at->entry), mode_of_entry(*at->entry),
                  source_xattrs(*at));
      set_times(directory, at->entry->status.st_atim, at->entry->status.st_mtim);
    }
    directories_.clear();
    by_directory_.clear();
  }

  static std::vector<Xattr> source_xattrs(const File& directory) {
    const auto source = try_open_in_root(directory.tree().root, directory.entry->path,
                                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return source ? kept_xattrs_of(*source) : std::vector<Xattr>();
  }

  const CopyRequest& request_;
  const graph::Copy& op_;
  Upper& upper_;
  const CancelToken& cancel_;
  std::optional<FileMode> mode_;
  Upper::NewDirectory new_directory_;
  std::string destination_;
  std::vector<File> files_;
  std::unordered_map<std::string, std::size_t> by_target_;
  std::vector<File> directories_;
  std::unordered_map<std::string, std::size_t> by_directory_;
  std::vector<Link> links_;
};

}  // namespace

void copy_files(const CopyRequest& request, Upper& upper, const CancelToken& cancel) {
  CopyRun(request, upper, cancel).run();
}

}  // namespace cbuild::ops
