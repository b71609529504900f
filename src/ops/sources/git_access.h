// The configuration and environment that git reaches a repository with.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/ops/remote_access.h"

namespace cbuild::registry {
struct Redirect;
class Registry;
}  // namespace cbuild::registry

namespace cbuild::ops {

class SshAgents;

/// The resources for one repository. Borrowed.
struct GitMeans {
  RemoteAccess access;
  SshAgents& agents;
  registry::Registry& http;  ///< asks where a repository has moved
};

/// Where a run of git may go. The URLs of submodules were written by whoever wrote the repository:
/// what is the caller's own is not for them.
enum class GitReach { local, network, submodules };

/// git runs without hooks, without the configuration of system and user, asks nobody for a
/// password, and speaks http, https, ssh and git only. A header that was lent, or that the URL
/// holds, is for the origin of the URL: git follows no redirect, since it would send the header
/// along. follow_redirect() does it instead. As in BuildKit, ssh trusts a host that it never met;
/// one that the user knows must have the key he knows.
class GitAccess {
 public:
  GitAccess(const std::string& url, const GitMeans& means);

  /// Without user and password of http.
  const std::string& url() const { return url_; }

  /// Whether the caller's own keys and configuration are used: only for the URL that the caller
  /// gave.
  bool is_caller(GitReach reach) const;

  /// Identifies the credentials of a private repository; empty = none. What was fetched with
  /// credentials is not served to builds without them.
  std::string_view key() const;

  /// The configuration of every run of git. In a file, because git clears variables for its
  /// submodules, and the arguments of a command are visible to everybody.
  std::string configuration(GitReach reach) const;

  std::vector<std::string> environment(GitReach reach, const std::string& configuration_file) const;

  /// Announces to the user what the build waits for.
  void announce(const std::string& text) const;

  /// Adds to the configuration where the redirect leads that `words`, the error output of git, tell
  /// of. @return false when they tell of none
  bool follow_redirect(const std::string& words, GitReach reach);

 private:
  std::optional<std::string> authorization() const;
  std::optional<registry::Redirect> new_place(const std::string& url) const;
  std::string ssh_command(GitReach reach) const;

  const GitMeans means_;
  std::string url_;
  std::string origin_;               ///< of http(s): "https://host:port/"; else empty
  std::optional<std::string> user_;  ///< user and password of http
  std::map<std::string, std::string> moved_;
  bool elsewhere_ = false;  ///< the repository has moved to another origin
};

}  // namespace cbuild::ops
