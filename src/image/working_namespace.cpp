// Entering the user namespace; see working_namespace.h.
#include "cbuild/image/working_namespace.h"

#include "cbuild/image/services.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"

namespace cbuild::image {

void enter_working_namespace(const Services& services) {
  if (!services.workspace.enter(&services.progress)) return;
  try {
    services.store.snapshots().sweep();
  } catch (const Error& error) {
    log_warning("leftovers of killed builds could not be removed: {}", error.what());
  }
}

}  // namespace cbuild::image
