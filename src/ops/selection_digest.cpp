// The digest of what a COPY selects.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "cbuild/util/error.h"
#include "cbuild/util/io.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/thread_pool.h"
#include "src/ops/selection.h"

namespace cbuild::ops {

namespace {

/// Large files are hashed in blocks of this size, each by whoever has time.
constexpr off_t kHashBlock = 16 << 20;

/// Hashes selected regular files, contents and xattrs, on all processors. The digest of a file of
/// one block is that of its content, the digest of a larger one is that of its blocks' digests.
class ContentHasher {
 public:
  ContentHasher(const Tree& tree,
                const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                const CancelToken& cancel)
      : tree_(tree), progress_(progress), cancel_(cancel) {}

  /// Fills `digests` for every index in `wanted`.
  void run(const std::vector<const SelectedEntry*>& wanted, std::vector<oci::Digest>& digests) {
    std::vector<Block> blocks;
    for (std::size_t file = 0; file < wanted.size(); ++file) {
      const off_t size = wanted[file]->status.st_size;
      total_ += static_cast<std::uint64_t>(size);
      for (off_t offset = 0; offset == 0 || offset < size; offset += kHashBlock)
        blocks.push_back({file, offset, {}, {}});
    }
    parallel_for(blocks.size(), processor_count(),
                 [&](std::size_t i) { hash(*wanted[blocks[i].file], blocks[i]); });
    for (auto first = blocks.begin(); first != blocks.end();) {
      auto last = std::next(first);
      while (last != blocks.end() && last->file == first->file)
        ++last;
      digests[first->file] = joined(std::span(first, last));
      first = last;
    }
  }

 private:
  struct Block {
    std::size_t file;  ///< its index
    off_t offset;
    Sha256Sum content;
    std::vector<Xattr> xattrs;  ///< of the file, in its first block
  };

  void hash(const SelectedEntry& entry, Block& block) {
    // Non-blocking: a file that turned into a FIFO must not stop the build.
    const Fd fd = open_in_root(tree_.root, entry.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    Sha256 content;
    thread_local std::vector<std::byte> buffer(kIoBlock);
    const off_t end = block.offset + kHashBlock;
    for (off_t at = block.offset; at < end;) {
      cancel_.check();
      const std::size_t step = std::min(buffer.size(), static_cast<std::size_t>(end - at));
      const ssize_t count = ::pread(fd.get(), buffer.data(), step, at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw SysError("read {}", entry.path);
      content.update(std::span(buffer).first(static_cast<std::size_t>(count)));
      done_ += static_cast<std::uint64_t>(count);
      at += count;
      if (count < static_cast<ssize_t>(step)) break;  // the end of a regular file
      if (progress_) progress_(done_, total_);
    }
    block.content = content.finish();
    if (block.offset == 0) block.xattrs = kept_xattrs(list_xattrs(fd.get()));
  }

  static oci::Digest joined(std::span<const Block> blocks) {
    const Block& first = blocks.front();
    if (blocks.size() == 1 && first.xattrs.empty()) return oci::Digest(first.content);
    KeyHasher hasher;
    for (const Block& block : blocks)
      hasher.add("content", oci::Digest(block.content).to_string());
    for (const Xattr& xattr : first.xattrs)
      hasher.add("xattr", xattr.name).add("value", xattr.value);
    return oci::Digest(hasher.finish());
  }

  const Tree& tree_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
  const CancelToken& cancel_;
  std::uint64_t total_ = 0;
  std::atomic<std::uint64_t> done_{0};
};

void add_metadata(KeyHasher& hasher, const SelectedEntry& entry, const Tree& tree, bool owners) {
  hasher.add("target", entry.target).add("mode", entry.status.st_mode);
  if (owners) hasher.add("uid", entry.status.st_uid).add("gid", entry.status.st_gid);
  if (S_ISLNK(entry.status.st_mode)) {
    hasher.add("link", entry.link);
    return;
  }
  if (S_ISCHR(entry.status.st_mode) || S_ISBLK(entry.status.st_mode)) {
    hasher.add("device", entry.status.st_rdev);
  }
  if (S_ISDIR(entry.status.st_mode)) {
    const Fd fd = open_in_root(tree.root, entry.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    for (const Xattr& xattr : kept_xattrs(list_xattrs(fd.get())))
      hasher.add("xattr", xattr.name).add("value", xattr.value);
  }
}

}  // namespace

std::vector<Xattr> kept_xattrs(std::vector<Xattr> xattrs) {
  std::erase_if(xattrs, [](const Xattr& xattr) {
    const bool kept =
        (xattr.name.starts_with("user.") && !xattr.name.starts_with("user.overlay.")) ||
        xattr.name == "security.capability";
    return !kept;
  });
  return xattrs;
}

oci::Digest digest_of(const std::vector<SelectedSource>& selection,
                      const Tree& tree,
                      const DigestOptions& options,
                      const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                      const CancelToken& cancel) {
  std::vector<const SelectedEntry*> files;
  std::vector<std::optional<oci::Digest>> known;
  for (const SelectedSource& source : selection) {
    for (const SelectedEntry& entry : source.entries) {
      if (!S_ISREG(entry.status.st_mode)) continue;
      files.push_back(&entry);
      known.push_back(options.remembered ? options.remembered->find(entry.path, entry.status)
                                         : std::nullopt);
    }
  }
  std::vector<const SelectedEntry*> unknown;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!known[i]) unknown.push_back(files[i]);
  }
  std::vector<oci::Digest> hashed(unknown.size());
  const std::int64_t hashed_at = now_in_nanoseconds();
  ContentHasher(tree, progress, cancel).run(unknown, hashed);
  for (std::size_t i = 0; options.remembered != nullptr && i < unknown.size(); ++i) {
    options.remembered->put(unknown[i]->path, unknown[i]->status, hashed[i], hashed_at);
  }

  KeyHasher hasher;
  std::size_t file = 0;
  std::size_t next_hashed = 0;
  for (const SelectedSource& source : selection) {
    hasher.add("source", source.directory ? std::string_view() : std::string_view(source.name));
    for (const SelectedEntry& entry : source.entries) {
      add_metadata(hasher, entry, tree, options.owners);
      if (!S_ISREG(entry.status.st_mode)) continue;
      const oci::Digest digest = known[file] ? *known[file] : hashed[next_hashed++];
      hasher.add("content", digest.to_string());
      ++file;
    }
  }
  return oci::Digest(hasher.finish());
}

}  // namespace cbuild::ops
