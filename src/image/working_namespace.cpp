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
void settle_owners(const Services& services) {
  if (services.workspace.owners_are_recorded()) return services.store.record_owners();
  if (services.store.ownership() == Ownership::recorded &&
      services.workspace.isolation() == sandbox::Isolation::chroot) {
    throw Error(ErrorKind::machine,
                "the owners in the store {} are recorded, and isolation by chroot needs real ones",
                services.store.root())
        .with_hint("choose another store with --root");
  }
}

}  // namespace

void enter_working_namespace(const Services& services) {
  const bool recorded = services.store.ownership() == Ownership::recorded;
  const auto ids = recorded ? sandbox::IdsWanted::one : sandbox::IdsWanted::all;
  if (!services.workspace.enter(&services.progress, ids)) return;
  settle_owners(services);
  try {
    services.store.snapshots().sweep();
  } catch (const Error& error) {
    log_warning("leftovers of killed builds could not be removed: {}", error.what());
  }
}

}  // namespace cbuild::image
