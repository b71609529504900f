// Facts about this machine that sandboxes need, looked up once per workspace.
#pragma once

#include <memory>
#include <vector>

#include "cbuild/sandbox/isolation.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/once.h"
#include "src/sandbox/host_view.h"
#include "src/sandbox/id_map.h"
#include "src/sandbox/process_limit.h"

namespace cbuild::sandbox {

struct WorkspaceFacts {
  ProcessFacts processes;
  HostView host;  ///< from the entering on no mount of the host arrives in the namespace
  Isolation isolation;
  std::vector<IdRange> uids;  ///< that exist here
  std::vector<IdRange> gids;

  bool owners_are_recorded;  ///< see Workspace

  Fd oom_kills;  ///< of the control group of this process; see OomKills

  /// The warning about Report::shows_host.
  std::unique_ptr<Once> host_shown = std::make_unique<Once>();
};

}  // namespace cbuild::sandbox
