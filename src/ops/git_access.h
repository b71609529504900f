// With what git reaches a repository: its configuration, its environment, and what it may use.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/ops/remote_files.h"
#include "cbuild/registry/registry.h"
#include "src/ops/ssh_agents.h"

namespace cbuild::ops {

/// What is there for a repository to be reached with. Borrowed.
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

  /// Whether what the caller could use himself is used: for the URL that he gave, nobody else's.
  bool is_caller(GitReach reach) const;

  /// Names what opens the repository where it is not open to everybody; empty = nothing does. What
  /// was fetched with it is not for those who have none.
  std::string_view key() const;

  /// What every run of git is told. In a file, since git clears variables for its submodules, and
  /// the words of a command are visible to everybody.
  std::string configuration(GitReach reach) const;

  std::vector<std::string> environment(GitReach reach, const std::string& configuration_file) const;

  /// Tells the user what keeps us waiting.
  void announce(const std::string& text) const { means_.http.announce(text); }

  /// Whether `words`, with which git failed, tell that a server sent it elsewhere, and the
  /// configuration now says where to.
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
