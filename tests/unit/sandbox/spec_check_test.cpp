// Rules of what a Spec must not ask for.
#include "src/sandbox/spec_check.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cbuild/sandbox/spec.h"
#include "cbuild/util/subordinate_ids.h"
#include "src/sandbox/workspace_facts.h"
#include "tests/support/errors.h"

namespace cbuild::sandbox {

namespace {

Spec good_spec() {
  Spec spec;
  spec.argv = {"true"};
  return spec;
}

/// What check_spec says where there are the users 0-10 and the groups 0-20.
std::string verdict(const Spec& spec) {
  WorkspaceFacts facts{};
  facts.uids = {{0, 1000, 11}};
  facts.gids = {{0, 1000, 21}};
  return error_of([&] { check_spec(spec, facts); });
}

}  // namespace

TEST_CASE("a spec without a command is refused, one with a command alone is not") {
  CHECK(verdict(good_spec()).empty());
  CHECK(verdict({}) == "there is no command to run");
}

TEST_CASE("a user or group that does not exist here is refused, with those that do") {
  struct Row {
    std::uint32_t uid;
    std::uint32_t gid;
    std::vector<std::uint32_t> groups;
    std::string refused;  ///< "" = it is not
    std::string existing;
  };

  const Row rows[] = {
      {10, 20, {0, 20}, "", ""},
      {11, 0, {}, "RUN as user 11: ", "(0-10)"},
      {4294967295, 0, {}, "RUN as user 4294967295: ", "(0-10)"},
      {0, 21, {}, "RUN as group 21: ", "(0-20)"},
      {0, 0, {20, 22}, "RUN as group 22: ", "(0-20)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.refused);
    Spec spec = good_spec();
    spec.uid = row.uid;
    spec.gid = row.gid;
    spec.groups = row.groups;
    CHECK(verdict(spec) ==
          (row.refused.empty() ? "" : row.refused + kOutOfRange + " " + row.existing));
  }
}

TEST_CASE("where ids are emulated any may be had, by a process that ends with cbuild") {
  WorkspaceFacts facts{};
  facts.uids = {{0, 1000, 1}};
  facts.gids = {{0, 1000, 1}};
  facts.owners_are_recorded = true;
  const auto verdict = [&](const Spec& spec) { return error_of([&] { check_spec(spec, facts); }); };
  Spec spec = good_spec();
  spec.uid = 4294967294;
  spec.gid = 70000;
  spec.groups = {5, 65534};
  CHECK(verdict(spec).empty());
  spec.lifetime = Lifetime::own;
  CHECK(verdict(spec) ==
        "a process without subordinate ids cannot survive cbuild, which emulates its ids");
  spec.lifetime = Lifetime::thread;
  spec.groups = {4294967295};
  CHECK(verdict(spec).starts_with("RUN as group 4294967295: "));
}

TEST_CASE("a mount of any kind on the root is refused, others are not") {
  for (const char* target : {"", "/", ".", "//", "/.", "/..", "/../."}) {
    CAPTURE(target);
    for (const Mount& mount :
         {Mount(BindMount{-1, target}), Mount(OverlayBind{{}, "/", target}),
          Mount(TmpfsMount{.target = target}), Mount(MemoryFile{target, "content"})}) {
      Spec spec = good_spec();
      spec.mounts = {TmpfsMount{.target = "/tmp"}, mount};
      CHECK(verdict(spec) == "'" + std::string(target) + "' cannot be a mount point");
    }
  }
  for (const char* target : {"/a", "a", "/.a", "/../a", "/..a/"}) {
    CAPTURE(target);
    Spec spec = good_spec();
    spec.mounts = {TmpfsMount{.target = target}};
    CHECK(verdict(spec).empty());
  }
}

TEST_CASE("chroot alone keeps no wish that needs namespaces or mounts") {
  WorkspaceFacts facts{};
  facts.uids = facts.gids = {{0, 0, 11}};
  facts.isolation = Isolation::chroot;
  const auto verdict = [&](const auto& change) {
    Spec spec = good_spec();
    spec.root.upper = "root";
    change(spec);
    return error_of([&] { check_spec(spec, facts); });
  };
  CHECK(verdict([](Spec&) {}).empty());
  const auto is_refused = [&](const auto& change) {
    return holds(verdict(change), "is not possible where steps are isolated by chroot");
  };
  CHECK(is_refused([](Spec& spec) { spec.init = false; }));
  CHECK(is_refused([](Spec& spec) { spec.enterable = true; }));
  CHECK(is_refused([](Spec& spec) { spec.pid = CallersNamespace{}; }));
  CHECK(is_refused([](Spec& spec) { spec.ipc = CallersNamespace{}; }));
  CHECK(is_refused([](Spec& spec) { spec.uts = JoinNamespace{0}; }));
  CHECK(is_refused([](Spec& spec) { spec.domainname = "x"; }));
  CHECK(is_refused([](Spec& spec) { spec.sysctls = {{"kernel.sem", "1"}}; }));
  CHECK(is_refused([](Spec& spec) { spec.capabilities = 1; }));
  CHECK(is_refused([](Spec& spec) { spec.seccomp = false; }));
  CHECK(is_refused([](Spec& spec) { spec.read_only_root = true; }));
  CHECK(is_refused([](Spec& spec) { spec.masks_system_paths = false; }));
  CHECK(is_refused([](Spec& spec) { spec.mounts = {TmpfsMount{.target = "/t", .uid = 1}}; }));
  CHECK(is_refused(
      [](Spec& spec) { spec.mounts = {TmpfsMount{.target = "/t", .executable = false}}; }));
}

}  // namespace cbuild::sandbox
