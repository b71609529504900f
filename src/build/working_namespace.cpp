// Entering the user namespace; see working_namespace.h.
#include "src/build/working_namespace.h"

#include "cbuild/image/root_views.h"
#include "cbuild/image/unpack.h"
#include "cbuild/sandbox/user_namespace.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"

namespace cbuild::build {

void enter_working_namespace(const Environment& environment) {
  if (!sandbox::in_user_namespace()) {
    environment.progress.suspend_threads();
    sandbox::enter_user_namespace(environment.cancel);
    try {
      environment.store.snapshots().sweep();
    } catch (const Error& error) {
      log_warning("leftovers of killed builds could not be removed: {}", error.what());
    }
  }
  environment.progress.resume_threads();
}

Fd open_root(const std::optional<oci::Digest>& chain, const Environment& environment) {
  enter_working_namespace(environment);
  if (chain) image::unpack_stack(*chain, environment.store, {}, environment.cancel);
  return image::open_root(environment.store, chain);
}

}  // namespace cbuild::build
