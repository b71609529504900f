// Content-addressed files; see blobs.h.
#include "src/store/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/verifying_source.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/pipe_source.h"
#include "cbuild/util/sha256.h"
#include "src/store/blob_file.h"
#include "src/store/staging.h"

namespace cbuild::store {

namespace {

constexpr std::size_t kReadSize = 1 << 20;

std::string blobs_directory(const std::string& root) {
  return root + "/blobs/sha256";
}

std::string prefix_directory(const std::string& root, const oci::Digest& digest) {
  return blobs_directory(root) + "/" + digest.hex().substr(0, 2);
}

std::string blob_path(const std::string& root, const oci::Digest& digest) {
  return prefix_directory(root, digest) + "/" + digest.hex();
}

/// Whether the file is there with the right size. A wrong one was cut by a fault of the machine.
bool has_file(const std::string& path, std::uint64_t size) {
  struct stat status {};

  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    throw SysError("stat {}", path);
  }
  return static_cast<std::uint64_t>(status.st_size) == size;
}

void sync_directory(const std::string& path) {
  const Fd fd = open_directory(path);
  if (::fsync(fd.get()) != 0) throw SysError("fsync {}", path);
}

/// Reads the file of a blob and verifies it. Removes a damaged file, so that the next run fetches
/// or makes the blob again instead of failing forever.
class FileSource final : public Source {
 public:
  FileSource(Fd fd, std::string path, const oci::Descriptor& blob)
      : path_(std::move(path)), verified_(std::make_unique<FdSource>(std::move(fd), path_), blob) {}

  std::size_t read(std::span<std::byte> buffer) override {
    try {
      return verified_.read(buffer);
    } catch (const SysError&) {
      throw;
    } catch (Error& error) {
      ::unlink(path_.c_str());
      error.prepend(fmt::format("the stored blob {} is damaged", path_));
      error.with_hint("it has been removed; run the command again");
      throw;
    }
  }

 private:
  std::string path_;
  oci::VerifyingSource verified_;
};

/// Gives a written file its name for good.
void publish(const std::string& root, IngestFile& file, const oci::Descriptor& blob) {
  const std::string path = blob_path(root, blob.digest);
  if (has_file(path, blob.size)) return;
  if (::fsync(file.fd().get()) != 0) throw SysError("fsync {}", file.path());
  const std::string directory = prefix_directory(root, blob.digest);
  if (::mkdir(directory.c_str(), 0700) == 0) {
    sync_directory(blobs_directory(root));
  } else if (errno != EEXIST) {
    throw SysError("make directory {}", directory);
  }
  // Taken since: by an equal blob, or by a cut one, which this one replaces.
  if (!file.move_to(path) && !has_file(path, blob.size)) file.replace(path);
  sync_directory(directory);
}

class FileWriter final : public oci::BlobWriter {
 public:
  FileWriter(const std::string& root, const oci::Descriptor& blob)
      : root_(root), blob_(blob), file_(root), sink_(file_.fd().get(), file_.path()) {}

  void write(std::span<const std::byte> bytes) override {
    count_ += bytes.size();
    if (count_ > blob_.size) {
      throw Error("blob {} is longer than {} bytes", blob_.digest.to_string(), blob_.size);
    }
    hash_.update(bytes);
    sink_.write(bytes);
  }

  void commit() override {
    verify();
    publish(root_, file_, blob_);
  }

 private:
  void verify() {
    if (count_ != blob_.size) {
      throw Error("blob {} has {} bytes, expected {}", blob_.digest.to_string(), count_,
                  blob_.size);
    }
    const oci::Digest actual(hash_.finish());
    if (actual != blob_.digest) {
      throw Error("blob {} has the digest {}", blob_.digest.to_string(), actual.to_string());
    }
  }

  std::string root_;
  oci::Descriptor blob_;
  IngestFile file_;
  FdSink sink_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
};

}  // namespace

bool Blobs::has(const oci::Descriptor& blob) {
  if (has_file(blob_path(root_, blob.digest), blob.size)) return true;
  const auto snapshot = snapshots_.find_by_diff_id(blob.digest);
  return snapshot && snapshot->size == blob.size;
}

std::unique_ptr<Source> Blobs::open(const oci::Descriptor& blob) {
  const std::string path = blob_path(root_, blob.digest);
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno != ENOENT) throw SysError("open {}", path);
  if (fd && has_file(path, blob.size)) {
    return std::make_unique<FileSource>(std::move(fd), path, blob);
  }
  const auto snapshot = snapshots_.find_by_diff_id(blob.digest);
  if (!snapshot && fd) throw Error("{} does not have the expected {} bytes", path, blob.size);
  if (!snapshot) throw Error("the store has no blob {}", blob.digest.to_string());
  auto tar = std::make_unique<PipeSource>(
      [&snapshots = snapshots_, chain = snapshot->chain_id](Sink& sink, const CancelToken& cancel) {
        snapshots.write_tar(chain, sink, std::nullopt, cancel);
      });
  return std::make_unique<oci::VerifyingSource>(std::move(tar), blob);
}

oci::Descriptor Blobs::add(std::string_view media_type,
                           const std::function<void(Sink&)>& producer) {
  IngestFile file(root_);
  FdSink out(file.fd().get(), file.path());
  HashingSink hashing(&out);
  producer(hashing);
  const oci::Descriptor blob{
      std::string(media_type), oci::Digest(hashing.finish()), hashing.count(), std::nullopt, {}};
  if (!has(blob)) publish(root_, file, blob);
  return blob;
}

std::unique_ptr<oci::BlobWriter> Blobs::create(const oci::Descriptor& blob) {
  return std::make_unique<FileWriter>(root_, blob);
}

std::vector<BlobFile> Blobs::list() const {
  std::vector<BlobFile> files;
  const Fd top = open_directory(blobs_directory(root_));
  for (const DirectoryEntry& prefix : list_directory(top.get())) {
    const Fd directory = open_at(top.get(), prefix.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    for (const DirectoryEntry& entry : list_directory(directory.get())) {
      const auto digest = oci::Digest::try_parse("sha256:" + entry.name);

      struct stat status {};

      if (!digest || ::fstatat(directory.get(), entry.name.c_str(), &status, 0) != 0) continue;
      files.push_back({*digest, static_cast<std::uint64_t>(status.st_blocks) * 512});
    }
  }
  return files;
}

std::optional<std::string> Blobs::damage_of(const oci::Digest& digest,
                                            const CancelToken& cancel) const {
  try {
    const std::string path = blob_path(root_, digest);
    FdSource file(open_file(path, O_RDONLY | O_NOFOLLOW), path);
    Sha256 hash;
    std::vector<std::byte> buffer(kReadSize);
    while (const std::size_t count = file.read(buffer)) {
      cancel.check();
      hash.update(std::span(buffer).first(count));
    }
    const oci::Digest actual(hash.finish());
    if (actual == digest) return std::nullopt;
    return fmt::format("its content has the digest {}", actual.to_string());
  } catch (const SysError& error) {
    return fmt::format("it cannot be read: {}", error.what());
  }
}

void Blobs::remove(const oci::Digest& digest) {
  const std::string path = blob_path(root_, digest);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw SysError("remove {}", path);
}

}  // namespace cbuild::store
