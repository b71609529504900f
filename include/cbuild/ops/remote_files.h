// Files from elsewhere, for ADD and for build contexts: downloads and git repositories.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/graph/op.h"
#include "cbuild/registry/registry.h"
#include "cbuild/solver/worker.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"

namespace cbuild::ops {

/// Secrets of the build, by id. Of use for git over http(s): GIT_AUTH_TOKEN (or
/// GIT_AUTH_TOKEN.HOST) and GIT_AUTH_HEADER (likewise).
using Secrets = std::map<std::string, std::string>;

/// Tells how many bytes of how many (0 = not known) were moved. May be empty.
using TransferReport = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// A download whose content is in the store.
struct RemoteFile {
  oci::Descriptor blob;
  std::string name;           ///< from the URL, else from the server; empty = it has none
  std::int64_t modified = 0;  ///< seconds since 1970
};

/// Files brought here for a while: gone with the object.
class StagedTree {
 public:
  explicit StagedTree(store::ActiveSnapshot staging) : staging_(std::move(staging)) {}

  const Fd& root() const { return staging_.upper(); }

  /// The same as a path, for programs.
  std::string path() const;

 private:
  store::ActiveSnapshot staging_;
};

/// Thread-safe.
class RemoteFiles {
 public:
  RemoteFiles(store::Store& store,
              registry::Registry& registry,
              Secrets secrets,
              const CancelToken& cancel);

  /// Brings the file into the store, or asks the server whether the one that is there is still
  /// good. With a checksum, nobody is asked when it is there.
  /// @throws Error(network) when it cannot be had; Error(build) when it has another checksum
  RemoteFile fetch(const graph::HttpSource& source, const TransferReport& report);

  /// The file as the only one of a tree, with mode 0600 and its time.
  StagedTree stage(const RemoteFile& file);

  /// Asks the repository which commit its ref names now. A full commit id needs no question.
  std::string resolve(const graph::GitSource& source);

  /// The files of the commit as resolved, all with its time; without .git unless it is kept.
  StagedTree stage(const graph::GitSource& source, const std::string& commit);

 private:
  std::optional<RemoteFile> known_by_checksum(const graph::HttpSource& source);
  RemoteFile take(const graph::HttpSource& source,
                  registry::Download& download,
                  const TransferReport& report);

  store::Store& store_;
  registry::Registry& registry_;
  Secrets secrets_;
  const CancelToken& cancel_;
};

}  // namespace cbuild::ops
