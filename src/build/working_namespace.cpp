// Entering the user namespace; see working_namespace.h.
#include "src/build/working_namespace.h"

#include "cbuild/ops/worker.h"
#include "cbuild/sandbox/sandbox.h"
#include "cbuild/sandbox/user_namespace.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"

namespace cbuild::build {

namespace {

/// Layers that are unpacked outside of a build's steps show no transfers.
class NoLog final : public solver::StepLog {
 public:
  void output(int, std::string_view) override {}

  void transfer(std::string_view, std::uint64_t, std::uint64_t) override {}
};

}  // namespace

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
  if (!chain) {
    const std::string empty = environment.store.root() + "/empty";
    make_directories(empty);
    return open_directory(empty);
  }
  NoLog log;
  ops::unpack_stack(*chain, environment.store, nullptr, log, environment.cancel);
  return sandbox::mount_detached(environment.store.snapshots().view(*chain));
}

}  // namespace cbuild::build
