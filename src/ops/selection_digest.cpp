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

/// Hashes selected regular files on all processors.
class ContentHasher {
 public:
  ContentHasher(const Tree& tree,
                const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                const CancelToken& cancel)
      : tree_(tree), progress_(progress), cancel_(cancel) {}

  /// Fills `digests` for every index in `wanted`.
  void run(const std::vector<const SelectedEntry*>& wanted, std::vector<oci::Digest>& digests) {
    for (const SelectedEntry* entry : wanted)
      total_ += static_cast<std::uint64_t>(entry->status.st_size);
    parallel_for(wanted.size(), processor_count(),
                 [&](std::size_t i) { digests[i] = hash(*wanted[i]); });
  }

 private:
  oci::Digest hash(const SelectedEntry& entry) {
    // Non-blocking: a file that turned into a FIFO must not stop the build.
    const Fd fd = open_in_root(tree_.root, entry.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    Sha256 hash;
    thread_local std::vector<std::byte> buffer(kIoBlock);
    for (;;) {
      cancel_.check();
      const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw SysError("read {}", entry.path);
      if (count == 0) break;
      hash.update(std::span(buffer).first(static_cast<std::size_t>(count)));
      done_ += static_cast<std::uint64_t>(count);
      if (progress_ && count == static_cast<ssize_t>(buffer.size())) progress_(done_, total_);
    }
    return oci::Digest(hash.finish());
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
  for (const Xattr& xattr : kept_xattrs(list_xattrs(fd_path(tree.root.get(), entry.path)))) {
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
