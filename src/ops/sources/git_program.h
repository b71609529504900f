// Runs the git program for one repository.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "src/ops/sources/git_access.h"

namespace cbuild {
class CancelToken;
struct ProcessResult;
}  // namespace cbuild

namespace cbuild::ops {

/// git with the configuration and environment of its GitAccess. Redirects are followed as
/// GitAccess::follow_redirect() tells. A server that is silent for long ends it.
class GitProgram {
 public:
  GitProgram(const std::string& url, const GitMeans& means, const CancelToken& cancel)
      : url_(url), access_(url, means), cancel_(cancel) {}

  /// See GitAccess.
  const std::string& url() const { return access_.url(); }

  std::string_view key() const { return access_.key(); }

  /// url() without credentials of any scheme.
  std::string address() const;

  /// The URL as it was given, without credentials, for messages.
  std::string shown() const;

  /// Runs git with the arguments `words`. @throws Error when it is not installed or the server is
  /// silent, Interrupted
  ProcessResult try_run(const std::vector<std::string>& words, GitReach reach);

  /// The same, for what must succeed. @return its stdout. @throws Error with its stderr
  std::string run(const std::vector<std::string>& words, GitReach reach);

  /// @throws Error with the stderr of `result`, and a hint
  [[noreturn]] void fail(const ProcessResult& result, GitReach reach) const;

 private:
  ProcessResult run_once(const std::vector<std::string>& words, GitReach reach) const;
  void watch(std::chrono::milliseconds silence, bool& told) const;

  std::string url_;
  GitAccess access_;
  const CancelToken& cancel_;
};

/// Whether git gave up because the server was too slow: another kind of request would be as slow.
bool was_slow(const ProcessResult& result);

}  // namespace cbuild::ops
