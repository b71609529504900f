// The --output option: destination and format of an export.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/exporter/annotation.h"
#include "cbuild/oci/reference.h"

namespace cbuild::layer {
enum class Compression;
}

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

}  // namespace cbuild::exporter
