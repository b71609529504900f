// Root file systems for reading; see root_views.h.
#include "cbuild/image/root_views.h"

#include "cbuild/image/users.h"
#include "cbuild/layer/root_tree.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"

namespace cbuild::image {

layer::RootTree open_root(store::Store& store, const Stack& stack) {
  return store.snapshots().tree(stack);
}

layer::RootTree RootViews::open(const Stack& stack) const {
  return open_root(store_, stack);
}

std::shared_ptr<const UserDatabase> RootViews::users(const Stack& stack) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = users_.find(stack); found != users_.end()) return found->second;
  }
  auto database = std::make_shared<const UserDatabase>(read_user_database(open(stack)));
  const std::lock_guard lock(mutex_);
  return users_.emplace(stack, std::move(database)).first->second;
}

void RootViews::same_users(const Stack& from, const Stack& to) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(from);
  if (found != users_.end() && found->second->in_place) users_.emplace(to, found->second);
}

}  // namespace cbuild::image
