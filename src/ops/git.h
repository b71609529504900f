// Repositories of git, by the git program.
#pragma once

#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/process.h"

namespace cbuild::ops {

/// One remote repository, with a bare one of ours that keeps what was fetched:
/// <store>/git/<digest of the URL>. git runs without hooks, without the configuration of system and
/// user, asks nobody for a password, and speaks http, https, ssh and git only.
class GitRepository {
 public:
  /// @param store_root  of the store
  GitRepository(std::string store_root,
                const graph::GitSource& source,
                const Secrets& secrets,
                const CancelToken& cancel);

  /// The id of the commit that the source's ref names. @throws Error(network); Error(build) when
  /// there is none, or not the one that is wanted
  std::string resolve();

  /// Fills the empty directory with the files of the commit.
  void check_out(const std::string& commit, const std::string& directory);

 private:
  std::string find_ref(const std::string& list) const;
  std::string resolve_abbreviated();
  void check_commit(const std::string& commit) const;
  void prepare_cache();
  bool has(const std::string& commit);
  void fetch(const std::string& commit);
  void fetch_everything();
  void finish_files(const std::string& commit, const std::string& directory);

  /// Where a run of git may go.
  enum class Reach { local, network };
  ProcessResult try_git(std::vector<std::string> words, Reach reach) const;
  /// @return what it wrote. @throws Error with what it said
  std::string git(std::vector<std::string> words, Reach reach) const;
  std::string configuration(Reach reach) const;
  std::vector<std::string> environment(Reach reach, const std::string& configuration_file) const;
  std::optional<std::string> authorization() const;
  [[noreturn]] void fail(const ProcessResult& result) const;

  const graph::GitSource& source_;
  const Secrets& secrets_;
  const CancelToken& cancel_;
  std::string url_;                  ///< without user and password of http
  std::string host_;                 ///< of http(s), with its port; else empty
  std::optional<std::string> user_;  ///< user and password of http
  std::string cache_;
  Fd lock_;
};

}  // namespace cbuild::ops
