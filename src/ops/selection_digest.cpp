// Hashes selected files; see selection_digest.h.
#include "src/ops/selection_digest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/xattr.h"
#include "src/ops/file_digests.h"
#include "src/ops/kept_xattrs.h"
#include "src/ops/selection.h"

namespace cbuild::ops {

namespace {

/// Files are hashed in blocks of this size, so that several threads share a large one.
constexpr off_t kHashBlock = 16 << 20;

struct SelectedFile {
  const SelectedEntry* entry;
  const layer::RootTree* root;  ///< of its tree
};

/// A part of a file, hashed by one thread.
struct Block {
  std::size_t file;  ///< its index
  off_t offset;
  Sha256Sum content;
  std::vector<Xattr> xattrs;  ///< of the file, in its first block
};

/// Cuts the files into blocks: at least one each, so that empty files have a digest, too.
std::vector<Block> blocks_of(const std::vector<SelectedFile>& files) {
  std::vector<Block> blocks;
  for (std::size_t file = 0; file < files.size(); ++file) {
    const off_t size = files[file].entry->status.st_size;
    for (off_t offset = 0; offset == 0 || offset < size; offset += kHashBlock)
      blocks.push_back({file, offset, {}, {}});
  }
  return blocks;
}

void hash(const SelectedFile& file, Block& block, const CancelToken& cancel) {
  const std::string& path = file.entry->path;
  // Non-blocking: a file that turned into a FIFO must not stop the build.
  const Fd fd = file.root->open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  Sha256 content;
  // pread(2), because several threads read parts of one file.
  thread_local std::vector<std::byte> buffer(kIoBlock);
  const off_t end = block.offset + kHashBlock;
  for (off_t at = block.offset; at < end;) {
    cancel.check();
    const std::size_t step = std::min(buffer.size(), static_cast<std::size_t>(end - at));
    const ssize_t count = ::pread(fd.get(), buffer.data(), step, at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw SysError("read {}", path);
    content.update(std::span(buffer).first(static_cast<std::size_t>(count)));
    at += count;
    if (count < static_cast<ssize_t>(step)) break;  // the end of a regular file
  }
  block.content = content.finish();
  if (block.offset == 0) block.xattrs = kept_xattrs_of(fd, file.root->ownership());
}

/// The digest of a file out of its blocks. For one block without xattrs it is the SHA-256 of the
/// content, as other programs compute it; otherwise a hash over the digests and the xattrs.
oci::Digest joined(std::span<const Block> blocks) {
  const Block& first = blocks.front();
  if (blocks.size() == 1 && first.xattrs.empty()) return oci::Digest(first.content);
  KeyHasher hasher;
  for (const Block& block : blocks)
    hasher.add("content", oci::Digest(block.content).to_string());
  for (const Xattr& xattr : first.xattrs)
    hasher.add("xattr", xattr.name).add("value", xattr.value);
  return oci::Digest(hasher.finish());
}

/// Digests of the contents and attributes of `files`, in their order.
std::vector<oci::Digest> hash_all(const std::vector<SelectedFile>& files,
                                  const CancelToken& cancel) {
  // Threads take single blocks, so that one large file keeps all of them busy.
  std::vector<Block> blocks = blocks_of(files);
  parallel_for(blocks.size(), processor_count(),
               [&](std::size_t i) { hash(files[blocks[i].file], blocks[i], cancel); });
  // Blocks of one file follow each other.
  std::vector<oci::Digest> digests;
  digests.reserve(files.size());
  for (auto first = blocks.begin(); first != blocks.end();) {
    const auto last =
        std::find_if(first, blocks.end(), [&](const Block& b) { return b.file != first->file; });
    digests.push_back(joined(std::span(first, last)));
    first = last;
  }
  return digests;
}

/// The digests of all regular files of a selection, in its order: remembered ones, or hashed and
/// remembered now.
std::vector<oci::Digest> content_digests(const Selection& selection,
                                         FileDigests* remembered,
                                         const CancelToken& cancel) {
  std::vector<oci::Digest> digests;
  std::vector<SelectedFile> unknown;
  std::vector<std::size_t> places;  // indexes of the unknown ones in `digests`
  for (const SelectedSource& source : selection.sources) {
    for (const SelectedEntry& entry : source.entries) {
      if (!S_ISREG(entry.status.st_mode)) continue;
      const auto known = remembered != nullptr ? remembered->find(entry.path, entry.status)
                                               : std::optional<oci::Digest>();
      if (!known) {
        unknown.push_back({&entry, &source.tree->root});
        places.push_back(digests.size());
      }
      digests.push_back(known.value_or(oci::Digest()));
    }
  }

  // The time before hashing: a file that changes during it must not count as unchanged later.
  const std::int64_t hashed_at = now_in_nanoseconds();
  const std::vector<oci::Digest> hashed = hash_all(unknown, cancel);
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    digests[places[i]] = hashed[i];
    if (remembered == nullptr) continue;
    remembered->put(unknown[i].entry->path, unknown[i].entry->status, hashed[i], hashed_at);
  }
  return digests;
}

void add_metadata(KeyHasher& hasher, const SelectedFile& file, bool owners) {
  const SelectedEntry& entry = *file.entry;
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
    const Fd fd = file.root->open(entry.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    for (const Xattr& xattr : kept_xattrs_of(fd, file.root->ownership()))
      hasher.add("xattr", xattr.name).add("value", xattr.value);
  }
}

}  // namespace

oci::Digest digest_of(const Selection& selection,
                      const DigestOptions& options,
                      const CancelToken& cancel) {
  // All contents first, in parallel; then the metadata in the order of the selection.
  const auto contents = content_digests(selection, options.remembered, cancel);
  KeyHasher hasher;
  auto content = contents.begin();
  for (const SelectedSource& source : selection.sources) {
    // COPY takes the contents of a directory, not the directory: its name does not count.
    hasher.add("source", source.directory ? std::string_view() : std::string_view(source.name));
    for (const SelectedEntry& entry : source.entries) {
      add_metadata(hasher, {&entry, &source.tree->root}, options.owners);
      if (S_ISREG(entry.status.st_mode)) hasher.add("content", (content++)->to_string());
    }
  }
  return oci::Digest(hasher.finish());
}

}  // namespace cbuild::ops
