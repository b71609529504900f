// Fetches downloads and git repositories, for ADD and for build contexts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/ops/remote_access.h"

namespace cbuild::graph {
struct GitSource;
struct HttpSource;
}  // namespace cbuild::graph

namespace cbuild::registry {
class Download;
class Registry;
}  // namespace cbuild::registry

namespace cbuild::store {
class Store;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

struct GitCommit;
class SshAgents;
struct RemoteFile;
class StagedTree;

/// Receives how many bytes of how many (0 = not known) are transferred. May be empty.
using TransferReport = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Thread-safe.
class RemoteFiles {
 public:
  RemoteFiles(store::Store& store,
              registry::Registry& registry,
              const RemoteAccess& access,
              const CancelToken& cancel);

  /// Downloads the file into the store, or asks the server whether the stored version is current.
  /// With a checksum, a stored file needs no request.
  /// @throws Error(network) when the download fails; Error(build) when the checksum differs
  RemoteFile fetch(const graph::HttpSource& source, const TransferReport& report);

  /// Stages the file as the only one of a tree, with mode 0600 and its modification time.
  StagedTree stage(const RemoteFile& file);

  /// The name of the file in that tree: its own, or a substitute when it has none.
  static std::string staged_name(const RemoteFile& file);

  /// Asks the repository which commit its ref names. A full commit id needs no request.
  GitCommit resolve(const graph::GitSource& source);

  /// Stages the files of a resolved commit, all with its time; .git only when it is to be kept.
  StagedTree stage(const graph::GitSource& source, const GitCommit& commit);

 private:
  std::optional<RemoteFile> known_by_checksum(const graph::HttpSource& source);
  RemoteFile take(const graph::HttpSource& source,
                  registry::Download& download,
                  const TransferReport& report);

  store::Store& store_;
  registry::Registry& registry_;
  RemoteAccess access_;
  std::shared_ptr<SshAgents> agents_;
  const CancelToken& cancel_;
};

}  // namespace cbuild::ops
