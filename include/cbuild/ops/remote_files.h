// Files from elsewhere, for ADD and for build contexts: downloads and git repositories.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/graph/op.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/registry/registry.h"
#include "cbuild/solver/worker.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"

namespace cbuild::ops {

class SshAgents;

/// Tells how many bytes of how many (0 = not known) were moved. May be empty.
using TransferReport = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// A download whose content is in the store.
struct RemoteFile {
  oci::Descriptor blob;
  std::string name;           ///< from the URL; empty = it has none
  std::int64_t modified = 0;  ///< seconds since 1970
};

/// What the ref of a repository names now.
struct GitCommit {
  std::string id;
  std::string ref;  ///< full name of the branch or tag; empty = it was named by its id
  std::string tag;  ///< id of the tag's own object; empty = it has none
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

/// With what servers and repositories are reached.
struct RemoteAccess {
  /// Borrowed. Of its secrets, GIT_AUTH_HEADER and GIT_AUTH_TOKEN (also with ".HOST") are of use
  /// for git over http(s), HTTP_AUTH_HEADER_HOST and HTTP_AUTH_TOKEN_HOST for downloads; of its
  /// agents, the default one for git over ssh.
  const RunSettings& lent;
  /// git may use what the caller would use himself: agent, keys and configuration of ssh, ~/.netrc.
  /// For URLs that he gave on the command line. A Dockerfile could otherwise take what only he may
  /// see, and have a RUN carry it away.
  bool as_caller = false;
};

/// Thread-safe.
class RemoteFiles {
 public:
  RemoteFiles(store::Store& store,
              registry::Registry& registry,
              const RemoteAccess& access,
              const CancelToken& cancel);

  /// Brings the file into the store, or asks the server whether the one that is there is still
  /// good. With a checksum, nobody is asked when it is there.
  /// @throws Error(network) when it cannot be had; Error(build) when it has another checksum
  RemoteFile fetch(const graph::HttpSource& source, const TransferReport& report);

  /// The file as the only one of a tree, with mode 0600 and its time.
  StagedTree stage(const RemoteFile& file);

  /// Its name in that tree: its own, or a stand-in.
  static std::string staged_name(const RemoteFile& file);

  /// Asks the repository which commit its ref names now. A full commit id needs no question.
  GitCommit resolve(const graph::GitSource& source);

  /// The files of the commit as resolved, all with its time; without .git unless it is kept.
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
