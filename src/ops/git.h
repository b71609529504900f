// Repositories of git, by the git program.
#pragma once

#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/process.h"
#include "src/ops/ssh_agents.h"

namespace cbuild::ops {

/// What the build lends to git.
struct GitCredentials {
  const RunSettings& lent;
  SshAgents& agents;
};

/// One remote repository, with a bare one of ours that keeps what was fetched:
/// <store>/git/<digest of the URL>. git runs without hooks, without the configuration of system and
/// user, asks nobody for a password, and speaks http, https, ssh and git only. As in BuildKit, ssh
/// trusts a host that it never met; one that the user knows must have the key he knows.
class GitRepository {
 public:
  /// @param store_root  of the store
  GitRepository(std::string store_root,
                const graph::GitSource& source,
                const GitCredentials& credentials,
                const CancelToken& cancel);

  /// The commit that the source's ref names. @throws Error(network); Error(build) when there is
  /// none, or not the one that is wanted
  GitCommit resolve();

  /// Fills the empty directory with the files of the commit. In a .git that is kept, the branch or
  /// tag is there too.
  void check_out(const GitCommit& commit, const std::string& directory);

 private:
  GitCommit ask_server();
  std::string resolve_abbreviated(std::size_t digits);
  void check_commit(const GitCommit& commit) const;
  static std::vector<std::string> new_repository(std::size_t digits);
  void prepare_cache(std::size_t digits);
  bool has(const std::string& object);
  void fetch(const std::string& object);
  void fetch_everything();
  void fetch_submodules(const std::string& directory);
  void finish_files(const std::string& commit, const std::string& directory);

  /// Where a run of git may go.
  enum class Reach { local, network };
  ProcessResult try_git(std::vector<std::string> words, Reach reach) const;
  /// @return what it wrote. @throws Error with what it said
  std::string git(std::vector<std::string> words, Reach reach) const;
  std::string configuration(Reach reach) const;
  std::vector<std::string> environment(Reach reach, const std::string& configuration_file) const;
  std::optional<std::string> authorization() const;
  std::string ssh_command() const;
  [[noreturn]] void fail(const ProcessResult& result) const;

  const graph::GitSource& source_;
  GitCredentials credentials_;
  const CancelToken& cancel_;
  std::string url_;                  ///< without user and password of http
  std::string host_;                 ///< of http(s), with its port; else empty
  std::optional<std::string> user_;  ///< user and password of http
  std::string caches_;               ///< directory of all caches
  std::string cache_;
  Fd lock_;
};

}  // namespace cbuild::ops
