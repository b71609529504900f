// The namespace of this process, and what is known of it; see workspace.h.
#include "cbuild/sandbox/workspace.h"

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/progress.h"
#include "src/sandbox/oom_kills.h"
#include "src/sandbox/user_namespace.h"
#include "src/sandbox/workspace_facts.h"

namespace cbuild::sandbox {

Workspace::Workspace(const CancelToken& cancel) : cancel_(cancel) {}

Workspace::~Workspace() = default;

bool Workspace::enter(Progress* progress) {
  const bool enters = !entered_;
  if (enters) {
    cancel_.check();
    if (progress != nullptr) progress->suspend_threads();
    is_root_of_machine_ = enter_user_namespace();
    entered_ = true;
  }
  if (progress != nullptr) progress->resume_threads();
  return enters;
}

bool Workspace::owners_are_recorded() const {
  return facts().owners_are_recorded();
}

const WorkspaceFacts& Workspace::facts() const {
  if (!entered_) throw Error("a sandbox needs the user namespace to be entered first");
  looked_up_.run([&] {
    facts_ = std::make_unique<const WorkspaceFacts>(
        WorkspaceFacts{.processes = process_facts(is_root_of_machine_),
                       .host = look_at_host(),
                       .uids = parse_id_map(read_file("/proc/self/uid_map")),
                       .gids = parse_id_map(read_file("/proc/self/gid_map")),
                       .oom_kills = open_oom_kills()});
  });
  return *facts_;
}

}  // namespace cbuild::sandbox
