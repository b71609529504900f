// The services that builds, pulls and exports use: store, registry, progress, cancellation.
#pragma once

#include "cbuild/registry/registry.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/progress.h"

namespace cbuild::image {

/// Borrowed from the caller for the duration of a call.
struct Services {
  store::Store& store;
  registry::Registry& registry;
  Progress& progress;
  CancelToken& cancel;
  sandbox::Workspace& workspace;  ///< see enter_working_namespace()
};

}  // namespace cbuild::image
