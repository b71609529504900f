// Caches of RUN --mount: which directory, which lock.
#include "src/ops/exec_mounts.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/ops/run_settings.h"
#include "cbuild/store/store.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "src/ops/mount_input.h"
#include "src/ops/mounted_files.h"
#include "src/ops/ssh_agents.h"
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

/// A store, what is lent to steps, and the mounts of one.
struct Fixture {
  TempTree tree;
  store::Store store{tree.at("store")};
  RunSettings settings;
  CancelToken cancel;
  SshAgents agents{settings.ssh, store, cancel};

  ExecMounts mounts() { return ExecMounts(store, {settings, agents}, {}, cancel); }
};

void add(ExecMounts& mounts, const std::vector<ExecMount>& wanted) {
  std::vector<MountInput> sources(wanted.size());
  mounts.add(wanted, sources);
}

ExecMount secret(const std::string& id) {
  ExecMount mount;
  mount.type = ExecMount::Type::secret;
  mount.id = id;
  mount.target = "/run/secrets/" + id;
  return mount;
}

ino_t inode(const ExecMounts& mounts, std::size_t index) {
  struct stat status {};

  REQUIRE(::fstat(std::get<sandbox::BindMount>(mounts.mounts().at(index)).source, &status) == 0);
  return status.st_ino;
}

}  // namespace

TEST_CASE("a cache is named by id, mode and owner, and no id is a path") {
  Fixture fixture;
  ExecMounts mounts = fixture.mounts();
  ExecMount other_mode = cache("id", ExecMount::Sharing::shared, "/c3");
  other_mode.mode = 0700;
  add(mounts, {cache("id", ExecMount::Sharing::shared, "/c1"),
               cache("id", ExecMount::Sharing::shared, "/c2"), other_mode,
               cache("../../../canary", ExecMount::Sharing::shared, "/c4"),
               cache(std::string(3000, 'x'), ExecMount::Sharing::shared, "/c5"),
               cache("", ExecMount::Sharing::shared, "id")});  // the target is the id
  CHECK(inode(mounts, 0) == inode(mounts, 1));
  CHECK(inode(mounts, 0) != inode(mounts, 2));
  CHECK(inode(mounts, 0) == inode(mounts, 5));
  CHECK_FALSE(fixture.tree.stat("canary"));
  const Fd caches = open_directory(fixture.tree.at("store/cache-mounts"));
  CHECK(list_directory(caches.get()).size() == 4);
}

TEST_CASE("a cache that is mounted shared and locked is locked") {
  Fixture fixture;
  ExecMounts holder = fixture.mounts();
  add(holder, {cache("id"), cache("id", ExecMount::Sharing::locked, "/elsewhere")});
  ExecMounts other = fixture.mounts();
  fixture.cancel.cancel();
  CHECK_THROWS_AS(add(other, {cache("id")}), Interrupted);  // it would wait
}

TEST_CASE("sharing: private ones go on to the next, locked ones wait") {
  Fixture fixture;
  ExecMounts first = fixture.mounts();
  add(first, {cache("l", ExecMount::Sharing::locked, "/a"),
              cache("l", ExecMount::Sharing::locked, "/b"),  // no waiting for oneself
              cache("p", ExecMount::Sharing::private_, "/c")});
  CHECK(inode(first, 0) == inode(first, 1));
  {
    ExecMounts second = fixture.mounts();
    add(second, {cache("p", ExecMount::Sharing::private_)});
    CHECK(inode(second, 0) != inode(first, 2));
  }
  ExecMounts third = fixture.mounts();
  fixture.cancel.cancel();
  CHECK_THROWS_AS(add(third, {cache("l", ExecMount::Sharing::locked)}), Interrupted);
}

TEST_CASE("a cache begins with what it is told to, and is another one for other beginnings") {
  Fixture fixture;
  int filled = 0;
  const auto source = [&](const std::string& identity) {
    MountInput from;
    from.identity = identity;
    from.fill = [&filled](const Fd& into, FileOwners&) {
      ++filled;
      REQUIRE(::mkdirat(into.get(), kFilled, 0755) == 0);
      const Fd seed = open_at(into.get(), std::string(kFilled) + "/seed", O_WRONLY | O_CREAT);
    };
    return from;
  };
  ExecMount mount = cache("id");
  mount.input = 1;
  std::vector<ino_t> inodes;
  for (const char* identity : {"a", "a", "b"}) {
    ExecMounts mounts = fixture.mounts();
    std::vector<MountInput> sources;
    sources.push_back(source(identity));
    mounts.add(std::vector{mount}, sources);
    inodes.push_back(inode(mounts, 0));
    const Fd data(::dup(std::get<sandbox::BindMount>(mounts.mounts()[0]).source));
    CHECK(try_open_in_root(data, "seed", O_PATH));
  }
  CHECK(filled == 2);
  CHECK(inodes[0] == inodes[1]);
  CHECK(inodes[0] != inodes[2]);
}

TEST_CASE("source= is a directory of the cache, made when it is missing") {
  Fixture fixture;
  ExecMounts mounts = fixture.mounts();
  ExecMount part = cache("id", ExecMount::Sharing::shared, "/part");
  part.source = "/a/../b/c";
  add(mounts, {cache("id", ExecMount::Sharing::shared, "/all"), part});
  const Fd all(::dup(std::get<sandbox::BindMount>(mounts.mounts()[0]).source));
  const Fd inside = open_in_root(all, "b/c", O_PATH);

  struct stat status {};

  REQUIRE(::fstat(inside.get(), &status) == 0);
  CHECK(status.st_ino == inode(mounts, 1));
}

TEST_CASE("what a killed build left of a cache that it was filling goes") {
  Fixture fixture;
  {
    ExecMounts first = fixture.mounts();
    add(first, {cache("id")});
  }
  const std::string caches = fixture.tree.at("store/cache-mounts");
  const auto name = list_directory(open_directory(caches).get()).front().name;
  const std::string left = fmt::format("{}/{}/new-0123456789abcdef", caches, name);
  make_directories(left + "/tree/deep");
  ExecMount part = cache("id");
  part.source = "/new";
  ExecMounts second = fixture.mounts();
  add(second, {part});
  const auto there = list_directory(open_directory(caches + "/" + name).get());
  REQUIRE(there.size() == 1);
  CHECK(there.front().name == "data");
}

TEST_CASE("a link that a step left in a cache is not followed, nor what it leads to changed") {
  Fixture fixture;
  fixture.tree.directory("canary", 0700);
  ExecMounts first = fixture.mounts();
  add(first, {cache("id")});
  const int data = std::get<sandbox::BindMount>(first.mounts()[0]).source;
  REQUIRE(::symlinkat(fixture.tree.at("canary").c_str(), data, "link") == 0);
  for (const std::string source : {"/link", "/link/below"}) {
    ExecMount part = cache("id", ExecMount::Sharing::shared, "/part");
    part.source = source;
    ExecMounts second = fixture.mounts();
    CHECK(holds(error_of([&] { add(second, {part}); }), "Not a directory"));
  }
  CHECK((fixture.tree.stat("canary")->st_mode & 07777U) == 0700);
  CHECK_FALSE(fixture.tree.stat("canary/below"));
}

TEST_CASE("mounts above others come first, whatever the order they are written in") {
  Fixture fixture;
  ExecMounts mounts = fixture.mounts();
  ExecMount tmpfs;
  tmpfs.type = ExecMount::Type::tmpfs;
  tmpfs.target = "/a";
  add(mounts, {cache("id", ExecMount::Sharing::shared, "/a/b"), tmpfs});
  CHECK(std::holds_alternative<sandbox::TmpfsMount>(mounts.mounts()[0]));
}

TEST_CASE("a secret becomes a file in memory, a variable, or both") {
  Fixture fixture;
  fixture.settings.secrets["key"] = "value";
  ExecMounts mounts = fixture.mounts();
  ExecMount variable = secret("key");
  variable.env = "KEY";
  variable.target.clear();
  ExecMount look = secret("key");
  look.mode = 0440;
  look.uid = 1;
  look.gid = 2;
  add(mounts, {secret("key"), variable, look});
  REQUIRE(mounts.mounts().size() == 2);
  const auto& plain = std::get<sandbox::MemoryFile>(mounts.mounts()[0]);
  CHECK(plain.content == "value");
  CHECK(plain.mode == 0400);
  const auto& looked = std::get<sandbox::MemoryFile>(mounts.mounts()[1]);
  CHECK(looked.mode == 0440);
  CHECK(looked.uid == 1);
  CHECK(looked.gid == 2);
  CHECK(mounts.env() == std::vector<std::string>{"KEY=value"});
}

TEST_CASE("what is lent to nobody is left out, unless it is required") {
  Fixture fixture;
  ExecMount agent;
  agent.type = ExecMount::Type::ssh;
  agent.id = "default";
  agent.target = "/run/buildkit/ssh_agent.0";
  ExecMount second = agent;
  second.target = "/second";
  ExecMount variable = secret("none");
  variable.env = "KEY";
  ExecMounts mounts = fixture.mounts();
  add(mounts, {variable, agent, second});
  CHECK(mounts.mounts().empty());
  // As in BuildKit: named all the same.
  CHECK(mounts.env() ==
        std::vector<std::string>{"KEY=", "SSH_AUTH_SOCK=/run/buildkit/ssh_agent.0"});
  for (ExecMount mount : {secret("none"), agent}) {
    mount.required = true;
    CHECK(holds(error_of([&] { add(mounts, {mount}); }), "is required and was not given"));
  }
}

TEST_CASE("a variable cannot hold a zero byte") {
  Fixture fixture;
  fixture.settings.secrets["key"] = std::string("a\0b", 3);
  ExecMounts mounts = fixture.mounts();
  ExecMount variable = secret("key");
  variable.env = "KEY";
  CHECK(holds(error_of([&] { add(mounts, {variable}); }), "zero byte"));
}

}  // namespace cbuild::ops
