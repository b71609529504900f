// Views of stacks; see root_view.h.
#include "src/ops/root_view.h"

#include "cbuild/sandbox/sandbox.h"
#include "cbuild/util/fs.h"

namespace cbuild::ops {

std::optional<oci::Digest> stack_of(const solver::Result& result) {
  if (result.id.empty()) return std::nullopt;
  return oci::Digest::parse(result.id);
}

Fd RootViews::open(const solver::Result& result) {
  if (const auto chain = stack_of(result)) {
    return sandbox::mount_detached(store_.snapshots().view(*chain));
  }
  const std::string empty = store_.root() + "/empty";
  make_directories(empty, 0755);
  return open_directory(empty);
}

std::shared_ptr<const UserDatabase> RootViews::users(const solver::Result& result) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = users_.find(result.id); found != users_.end()) return found->second;
  }
  auto database = std::make_shared<const UserDatabase>(read_user_database(open(result)));
  const std::lock_guard lock(mutex_);
  return users_.emplace(result.id, std::move(database)).first->second;
}

void RootViews::same_users(const solver::Result& from, const solver::Result& to) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(from.id);
  if (found != users_.end() && found->second->in_place) users_.emplace(to.id, found->second);
}

}  // namespace cbuild::ops
