// OCI image layouts on disk.
#include "cbuild/oci/layout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/oci/verifying_source.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"

namespace cbuild::oci {

namespace {

constexpr std::string_view kLayoutFile = R"({"imageLayoutVersion":"1.0.0"})";
constexpr const char* kRefName = "org.opencontainers.image.ref.name";
constexpr const char* kFullName = "io.containerd.image.name";

std::string annotation(const Descriptor& descriptor, const char* key) {
  const auto found = descriptor.annotations.find(key);
  return found != descriptor.annotations.end() ? found->second : std::string();
}

/// A blob on its way into a layout: a temporary file beside its final name.
class LayoutWriter final : public BlobWriter {
 public:
  LayoutWriter(std::string path, const Descriptor& blob)
      : path_(std::move(path)), temporary_(path_ + ".XXXXXX"), blob_(blob) {
    fd_ = Fd(::mkostemp(temporary_.data(), O_CLOEXEC));
    if (!fd_) throw SysError("create {}", temporary_);
  }

  ~LayoutWriter() override {
    if (!committed_) ::unlink(temporary_.c_str());
  }

  LayoutWriter(const LayoutWriter&) = delete;
  LayoutWriter& operator=(const LayoutWriter&) = delete;

  void write(std::span<const std::byte> bytes) override {
    hash_.update(bytes);
    count_ += bytes.size();
    write_all(fd_.get(), bytes, temporary_);
  }

  void commit() override {
    if (count_ != blob_.size || Digest(hash_.finish()) != blob_.digest) {
      throw Error("blob {}: the content does not match the descriptor", blob_.digest.to_string());
    }
    if (::fchmod(fd_.get(), 0644) != 0) throw SysError("chmod {}", temporary_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw SysError("rename to {}", path_);
    committed_ = true;
  }

 private:
  std::string path_;
  std::string temporary_;
  Descriptor blob_;
  Fd fd_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
  bool committed_ = false;
};

}  // namespace

Layout Layout::open(const std::string& directory) {
  const auto marker = read_file_if_exists(directory + "/oci-layout", 4096);
  if (!marker) throw Error("{} is not an OCI layout (there is no file oci-layout)", directory);
  return Layout(directory);
}

Layout Layout::create(const std::string& directory) {
  make_directories(directory + "/blobs/sha256");
  if (!read_file_if_exists(directory + "/index.json", kMaxDocument)) {
    write_file_atomically(directory + "/index.json", Index{}.to_json());
  }
  write_file_atomically(directory + "/oci-layout", kLayoutFile);
  return Layout(directory);
}

std::string Layout::blob_path(const Digest& digest) const {
  return directory_ + "/blobs/sha256/" + digest.hex();
}

bool Layout::has(const Descriptor& blob) {
  struct stat status {};

  return ::stat(blob_path(blob.digest).c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == blob.size;
}

std::unique_ptr<Source> Layout::open(const Descriptor& blob) {
  const std::string path = blob_path(blob.digest);
  Fd fd = open_file(path, O_RDONLY | O_NONBLOCK);

  struct stat status {};

  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw Error("{} is not a regular file", path);
  }
  return std::make_unique<VerifyingSource>(std::make_unique<FdSource>(std::move(fd), path), blob);
}

std::unique_ptr<BlobWriter> Layout::create(const Descriptor& blob) {
  return std::make_unique<LayoutWriter>(blob_path(blob.digest), blob);
}

Index Layout::index() const {
  const std::string path = directory_ + "/index.json";
  return with_context(path, [&] { return Index::parse(read_file(path, kMaxDocument)); });
}

void Layout::add(Descriptor manifest, const std::string& ref_name, const std::string& full_name) {
  if (!ref_name.empty()) manifest.annotations[kRefName] = ref_name;
  if (!full_name.empty()) manifest.annotations[kFullName] = full_name;
  Index now = index();
  std::erase_if(now.manifests, [&](const Descriptor& other) {
    const bool same_name =
        annotation(other, kRefName) == ref_name && annotation(other, kFullName) == full_name;
    return same_name && (!ref_name.empty() || other.digest == manifest.digest);
  });
  now.manifests.push_back(std::move(manifest));
  write_file_atomically(directory_ + "/index.json", now.to_json());
}

Descriptor Layout::find(const std::string& name) const {
  const Index now = index();
  const auto digest = Digest::try_parse(name);
  std::vector<std::string> names;
  for (const Descriptor& manifest : now.manifests) {
    const std::string own = annotation(manifest, kRefName);
    if (digest ? manifest.digest == *digest
               : !name.empty() && (own == name || annotation(manifest, kFullName) == name))
      return manifest;
    names.push_back(own.empty() ? manifest.digest.to_string() : printable(own));
  }
  if (name.empty() && now.manifests.size() == 1) return now.manifests[0];
  if (now.manifests.empty()) throw Error("the layout {} contains no image", directory_);
  throw Error("the layout {} {} (it has: {})", directory_,
              name.empty() ? "contains several images, so name one"
                           : "has no image '" + printable(name) + "'",
              join(names, ", "));
}

}  // namespace cbuild::oci
