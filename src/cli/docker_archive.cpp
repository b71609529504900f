// Archives of `docker save`; see docker_archive.h.
#include "src/cli/docker_archive.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <span>
#include <string_view>

#include "cbuild/layer/compression.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/oci/verifying_source.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/string_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/json_value.h"

namespace cbuild::cli {

namespace {

Fd open_member(const Fd& root, const std::string& path) {
  Fd fd = open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) throw SysError("stat {}", printable(path));
  if (!S_ISREG(status.st_mode)) throw Error("{} is not a regular file", printable(path));
  return fd;
}

std::string_view media_type_of_layer(layer::Compression compression, const std::string& path) {
  switch (compression) {
    case layer::Compression::none:
      return oci::media_type::kLayer;
    case layer::Compression::gzip:
      return oci::media_type::kLayerGzip;
    case layer::Compression::zstd:
      return oci::media_type::kLayerZstd;
    case layer::Compression::xz:
    case layer::Compression::bzip2:
      break;
  }
  throw Error("{}: a layer in {} is not supported", printable(path), layer::to_string(compression));
}

const std::string& text_of(const Value& value, std::string_view what) {
  if (value.kind() != Value::Kind::text) {
    throw Error("{}: want a string, not {}", what, value.type_name());
  }
  return value.text();
}

std::span<const Value> elements_of(const Value& value, std::string_view what) {
  if (value.kind() != Value::Kind::list) {
    throw Error("{}: want a list, not {}", what, value.type_name());
  }
  return value.elements();
}

/// `entry[name]` as a list of texts; empty when it is null or missing.
std::vector<std::string> texts(const Value& entry, std::string_view name) {
  const Value* found = entry.find(name);
  if (found == nullptr || found->kind() == Value::Kind::null) return {};
  std::vector<std::string> result;
  for (const Value& element : elements_of(*found, name))
    result.push_back(text_of(element, name));
  return result;
}

/// An entry of manifest.json.
struct ListedImage {
  std::string config;  ///< path
  std::vector<std::string> layers;
  std::vector<std::string> names;
};

std::vector<ListedImage> parse_list(std::string_view manifest_json) {
  const Value document = parse_json(manifest_json);
  std::vector<ListedImage> images;
  for (const Value& entry : elements_of(document, "the document")) {
    const Value* config = entry.find("Config");
    if (config == nullptr) throw Error("an image without a Config");
    images.push_back(
        {text_of(*config, "Config"), texts(entry, "Layers"), texts(entry, "RepoTags")});
  }
  return images;
}

}  // namespace

std::unique_ptr<DockerArchive> DockerArchive::open(const std::string& directory,
                                                   const CancelToken& cancel) {
  std::unique_ptr<DockerArchive> archive(new DockerArchive(open_directory(directory)));
  FdSource source(open_member(archive->root_, "manifest.json"), "manifest.json");
  archive->read_images(read_all(source, oci::kMaxDocument), cancel);
  return archive;
}

void DockerArchive::read_images(const std::string& manifest_json, const CancelToken& cancel) {
  const auto listed = with_context("manifest.json", [&] { return parse_list(manifest_json); });
  for (const ListedImage& entry : listed) {
    oci::Manifest manifest;
    manifest.config = add_file(entry.config, false, cancel);
    for (const std::string& path : entry.layers)
      manifest.layers.push_back(add_file(path, true, cancel));
    const std::string json = manifest.to_json();
    Entry image{oci::describe(oci::media_type::kManifest, json), {}};
    for (const std::string& name : entry.names)
      image.names.push_back(oci::Reference::parse(name));
    documents_[image.manifest.digest] = json;
    images_.push_back(std::move(image));
  }
}

oci::Descriptor DockerArchive::add_file(const std::string& path,
                                        bool layer,
                                        const CancelToken& cancel) {
  if (const auto found = known_.find(path); found != known_.end()) return found->second;
  FdSource file(open_member(root_, path), path);
  HashingSource hash(file);
  std::vector<std::byte> block(kIoBlock);
  std::size_t count = hash.read(block);
  const auto compression = layer::detect_compression(std::span(block).first(count));
  while (count > 0) {
    cancel.check();
    count = hash.read(block);
  }
  oci::Descriptor blob;
  blob.media_type =
      layer ? media_type_of_layer(compression, path) : std::string_view(oci::media_type::kConfig);
  blob.size = hash.count();
  blob.digest = oci::Digest(hash.finish());
  files_[blob.digest] = path;
  return known_[path] = blob;
}

bool DockerArchive::has(const oci::Descriptor& blob) {
  return files_.contains(blob.digest) || documents_.contains(blob.digest);
}

std::unique_ptr<Source> DockerArchive::open(const oci::Descriptor& blob) {
  if (const auto document = documents_.find(blob.digest); document != documents_.end()) {
    return std::make_unique<StringSource>(document->second);
  }
  const auto file = files_.find(blob.digest);
  if (file == files_.end()) throw Error("{} is not in the archive", blob.digest.to_string());
  auto bytes = std::make_unique<FdSource>(open_member(root_, file->second), file->second);
  return std::make_unique<oci::VerifyingSource>(std::move(bytes), blob);
}

std::unique_ptr<oci::BlobWriter> DockerArchive::create(const oci::Descriptor&) {
  throw Error("an archive that was opened to be read cannot be written");
}

}  // namespace cbuild::cli
