// Entering the user namespace; see working_namespace.h.
#include "cbuild/image/working_namespace.h"

#include "cbuild/image/services.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/log.h"

namespace cbuild::image {

namespace {

/// A process that can give its files to nobody needs a store whose owners are records.
void settle_owners(const sandbox::Workspace& workspace, store::Store& store) {
  if (workspace.owners_are_recorded()) return store.record_owners();
  if (store.ownership() == Ownership::recorded &&
      workspace.isolation() == sandbox::Isolation::chroot) {
    throw Error(ErrorKind::machine,
                "the owners in the store {} are recorded, and isolation by chroot needs real ones",
                store.root())
        .with_hint("choose another store with --root");
  }
}

}  // namespace

void enter_working_namespace(sandbox::Workspace& workspace,
                             store::Store& store,
                             Progress* progress) {
  const bool recorded = store.ownership() == Ownership::recorded;
  const auto ids = recorded ? sandbox::IdsWanted::one : sandbox::IdsWanted::all;
  if (!workspace.enter(progress, ids)) return;
  settle_owners(workspace, store);
  try {
    store.snapshots().sweep();
  } catch (const Error& error) {
    log_warning("leftovers of killed builds could not be removed: {}", error.what());
  }
}

void enter_working_namespace(const Services& services) {
  enter_working_namespace(services.workspace, services.store, &services.progress);
}

}  // namespace cbuild::image
