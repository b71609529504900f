// The version of a download or a repository that a build uses.
#pragma once

#include "cbuild/ops/git_commit.h"
#include "cbuild/ops/remote_file.h"

namespace cbuild::ops {

/// What RemoteSources::identify() found: the member that the kind of the source has.
struct RemoteVersion {
  RemoteFile file;
  GitCommit commit;
};

}  // namespace cbuild::ops
