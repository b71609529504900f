// The credentials for requests to web servers and git repositories.
#pragma once

namespace cbuild::ops {

struct RunSettings;

/// The credentials for servers and repositories.
struct RemoteAccess {
  /// Borrowed. Secrets for git over http(s): GIT_AUTH_HEADER and GIT_AUTH_TOKEN (also with
  /// ".HOST"); for downloads: HTTP_AUTH_HEADER_HOST and HTTP_AUTH_TOKEN_HOST. The default agent
  /// serves git over ssh.
  const RunSettings& lent;
  /// git may use the caller's own agent, ssh keys, ssh configuration and ~/.netrc. Only for URLs of
  /// the command line: a Dockerfile could otherwise read what only the caller may see, and have a
  /// RUN send it away.
  bool as_caller = false;
};

}  // namespace cbuild::ops
