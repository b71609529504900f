// Caches of RUN --mount: which directory, which lock.
#include "src/ops/exec_mounts.h"

#include <doctest/doctest.h>

#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

using graph::ExecMount;

ExecMount cache(const std::string& id,
                ExecMount::Sharing sharing = ExecMount::Sharing::shared,
                const std::string& target = "/c") {
  ExecMount mount;
  mount.type = ExecMount::Type::cache;
  mount.id = id;
  mount.target = target;
  mount.sharing = sharing;
  mount.uid = ::geteuid();
  mount.gid = ::getegid();
  return mount;
}

ino_t inode(const ExecMounts& mounts, std::size_t index) {
  struct stat status {};

  REQUIRE(::fstat(std::get<sandbox::BindMount>(mounts.mounts().at(index)).source, &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("a cache is named by id, mode and owner, and no id is a path") {
  const TempTree tree;
  store::Store store(tree.at("store"));
  const CancelToken cancel;
  ExecMounts mounts(store, cancel);
  ExecMount other_mode = cache("id");
  other_mode.mode = 0700;
  mounts.add(cache("id"), {});
  mounts.add(cache("id", ExecMount::Sharing::shared, "/elsewhere"), {});
  mounts.add(other_mode, {});
  mounts.add(cache("../../../canary"), {});
  mounts.add(cache(std::string(3000, 'x')), {});
  mounts.add(cache("", ExecMount::Sharing::shared, "id"), {});  // the target is the id
  CHECK(inode(mounts, 0) == inode(mounts, 1));
  CHECK(inode(mounts, 0) != inode(mounts, 2));
  CHECK(inode(mounts, 0) == inode(mounts, 5));
  CHECK_FALSE(tree.stat("canary"));
  const Fd caches = open_directory(tree.at("store/cache-mounts"));
  CHECK(list_directory(caches.get()).size() == 4);
}

TEST_CASE("a cache that is mounted shared and locked is locked") {
  const TempTree tree;
  store::Store store(tree.at("store"));
  const CancelToken cancel;
  ExecMounts holder(store, cancel);
  holder.lock_caches({cache("id"), cache("id", ExecMount::Sharing::locked, "/elsewhere")});
  CancelToken stopped;
  stopped.cancel();
  ExecMounts other(store, stopped);
  CHECK_THROWS_AS(other.lock_caches({cache("id")}), Interrupted);  // it would wait
}

TEST_CASE("sharing: private ones go on to the next, locked ones wait") {
  const TempTree tree;
  store::Store store(tree.at("store"));
  CancelToken cancel;
  ExecMounts first(store, cancel);
  first.add(cache("p", ExecMount::Sharing::private_), {});
  first.add(cache("l", ExecMount::Sharing::locked), {});
  first.add(cache("l", ExecMount::Sharing::locked, "/again"), {});  // no waiting for oneself
  CHECK(inode(first, 1) == inode(first, 2));
  {
    ExecMounts second(store, cancel);
    second.add(cache("p", ExecMount::Sharing::private_), {});
    CHECK(inode(second, 0) != inode(first, 0));
  }
  ExecMounts third(store, cancel);
  cancel.cancel();
  CHECK_THROWS_AS(third.add(cache("l", ExecMount::Sharing::locked), {}), Interrupted);
}

TEST_CASE("what is not there yet is refused") {
  const TempTree tree;
  store::Store store(tree.at("store"));
  const CancelToken cancel;
  ExecMounts mounts(store, cancel);
  ExecMount from = cache("x");
  from.input = 1;
  ExecMount part = cache("x");
  part.source = "/part";
  ExecMount secret;
  secret.type = ExecMount::Type::secret;
  for (const ExecMount& mount : {from, part, secret})
    CHECK(holds(error_of([&] { mounts.add(mount, {}); }), "is not supported yet"));
}

}  // namespace cbuild::ops
