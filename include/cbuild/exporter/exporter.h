// Brings a built image somewhere: a registry, an OCI layout, a docker archive, a directory, a tar.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/exporter/annotation.h"
#include "cbuild/layer/compression.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/registry.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/progress.h"

namespace cbuild::exporter {

/// `-o type=…,dest=…` or --push.
struct Output {
  std::string type;  ///< a name of the exporter table: registry, oci, docker, local, tar; "image"
                     ///< and "cacheonly" write nothing
  std::string destination;            ///< file, directory, "-" = stdout
  std::vector<oci::Reference> names;  ///< under which it is pushed, or named inside an archive
  std::optional<layer::Compression>
      compression;  ///< of layers made here; the exporter's default when absent
  int compression_level = 0;
  bool force_compression = false;  ///< layers of the base too
  bool docker_types = false;       ///< oci-mediatypes=false
  std::vector<Annotation> annotations;
  std::optional<bool> rewrite_timestamp;  ///< for who builds: clamp times in layers
  bool push = false;                      ///< image: push it too (= registry)
  bool push_by_digest = false;            ///< without giving it the tag
  bool oci_directory = false;             ///< oci: a directory instead of an archive (tar=false)
  std::optional<bool> platform_split;  ///< local, tar: a directory a platform; default: when there
                                       ///< are several
  bool mirror = false;                 ///< local, mode=delete: what is not of the result goes
};

/// `type=oci,dest=x.tar` (csv); "DIR" alone is type=local, "-" alone is type=tar to stdout. Unknown
/// types and keys are refused by name. @throws Error(usage)
Output parse_output(std::string_view text);

struct Environment {
  store::Store& store;
  registry::Registry& registry;
  Progress& progress;
  const CancelToken& cancel;
  /// Opens the root file system of an image, named by the digest of its config, for reading. Wanted
  /// by local and tar only.
  std::function<Fd(const oci::Digest& image_id)> open_root = {};
  /// Times that local and tar write at most, in seconds since 1970.
  std::optional<std::int64_t> latest_time = std::nullopt;
  /// The caller is root, so type=local keeps owners; otherwise all files become the caller's.
  bool keep_owners = false;
  /// Told of each name under which a registry got the image, and how it has it.
  std::function<void(const oci::Reference& name, const oci::Descriptor& pushed)> on_pushed = {};
};

/// Exports `image` (manifest or index, in the store). Returns the descriptor as it is
/// at the destination (compressed layers give another manifest). local and tar need the user
/// namespace. @throws Error, Interrupted. A file or new directory appears under its name when it is
/// whole; a directory that is there is changed when all that goes into it is on its disk.
oci::Descriptor export_image(const oci::Descriptor& image,
                             const Output& output,
                             const Environment& environment);

/// The same for several images, at least one, in one docker archive or OCI layout (`cbuild save`).
struct NamedImage {
  oci::Descriptor manifest;  ///< or index
  std::vector<oci::Reference> names;
};

void save_images(const std::vector<NamedImage>& images,
                 const Output& output,
                 const Environment& environment);

}  // namespace cbuild::exporter
