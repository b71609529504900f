// The namespace of this process, and what is known of it; see workspace.h.
#include "cbuild/sandbox/workspace.h"

#include <linux/capability.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/progress.h"
#include "src/sandbox/capabilities.h"
#include "src/sandbox/isolation_choice.h"
#include "src/sandbox/oom_kills.h"
#include "src/sandbox/user_namespace.h"
#include "src/sandbox/workspace_facts.h"

namespace cbuild::sandbox {

namespace {

/// Whether this process can give files to every owner that exists here.
bool may_give_away() noexcept {
  return has_capability(CAP_CHOWN) && has_capability(CAP_FOWNER) &&
         has_capability(CAP_DAC_OVERRIDE);
}

}  // namespace

Workspace::Workspace(const CancelToken& cancel, IsolationRequest request)
    : cancel_(cancel), request_(std::move(request)) {}

Workspace::~Workspace() = default;

const IsolationChoice& Workspace::choice() const {
  chosen_.run(
      [&] { choice_ = std::make_unique<const IsolationChoice>(choose_isolation(request_)); });
  return *choice_;
}

Isolation Workspace::isolation() const {
  return choice().isolation;
}

void Workspace::require_run() const {
  if (const auto& refusal = choice().run_refused) throw Error(*refusal);
}

bool Workspace::enter(Progress* progress, IdsWanted ids) {
  const bool enters = !entered_;
  if (enters) {
    cancel_.check();
    if (isolation() == Isolation::namespaces) {
      if (progress != nullptr) progress->suspend_threads();
      is_root_of_machine_ = enter_user_namespace(ids);
    } else {
      is_root_of_machine_ = ::geteuid() == 0;
    }
    entered_ = true;
  }
  if (progress != nullptr) progress->resume_threads();
  return enters;
}

bool Workspace::owners_are_recorded() const {
  return facts().owners_are_recorded;
}

const WorkspaceFacts& Workspace::facts() const {
  if (!entered_) throw Error("a sandbox needs the workspace to be entered first");
  looked_up_.run([&] {
    std::vector<IdRange> uids = parse_id_map(read_file("/proc/self/uid_map"));
    std::vector<IdRange> gids = parse_id_map(read_file("/proc/self/gid_map"));
    ProcessFacts processes = process_facts(is_root_of_machine_);
    // Without a pid namespace nothing enforces pid_max.
    if (isolation() != Isolation::namespaces) processes.pid_max_is_namespaced = false;
    const bool has_one = has_one_id(uids) || has_one_id(gids);
    facts_ = std::make_unique<const WorkspaceFacts>(
        WorkspaceFacts{.processes = processes,
                       .host = look_at_host(),
                       .isolation = isolation(),
                       .uids = std::move(uids),
                       .gids = std::move(gids),
                       .owners_are_recorded = has_one || !may_give_away(),
                       .oom_kills = open_oom_kills()});
  });
  return *facts_;
}

}  // namespace cbuild::sandbox
