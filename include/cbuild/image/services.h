// The services that builds, pulls and exports use: store, registry, progress, cancellation.
#pragma once

namespace cbuild {
class CancelToken;
class Progress;
}  // namespace cbuild

namespace cbuild::registry {
class Registry;
}

namespace cbuild::sandbox {
class Workspace;
}

namespace cbuild::store {
class Store;
}

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
