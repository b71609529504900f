// Rules of emulated credentials: credentials(7), capabilities(7).
#include "src/sandbox/emulated_credentials.h"

#include <doctest/doctest.h>
#include <linux/capability.h>

#include <optional>

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t bit(int capability) {
  return std::uint64_t{1} << capability;
}

constexpr std::uint64_t kAll = bit(CAP_CHOWN) | bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL);

EmulatedCredentials root() {
  return {.permitted = kAll, .effective = kAll};
}

EmulatedCredentials user(std::uint32_t uid, std::uint32_t gid) {
  return {.user = EmulatedIds::all(uid), .group = EmulatedIds::all(gid)};
}

using Ids = EmulatedIds;

/// What a call makes of ids; nullopt: EPERM.
template <typename Set>
std::optional<Ids> after(Ids ids, Set&& set) {
  const Ids former = ids;
  if (set(ids)) return ids;
  CHECK(ids == former);
  return std::nullopt;
}

}  // namespace

TEST_CASE("setuid gives root all four ids, others only one of theirs") {
  const auto set = [](Ids ids, std::uint32_t id, bool privileged) {
    return after(ids, [&](Ids& now) { return set_id(now, id, privileged); });
  };
  CHECK(set({0, 0, 0, 0}, 5, true) == Ids{5, 5, 5, 5});
  CHECK(set({1, 2, 3, 2}, 1, false) == Ids{1, 1, 3, 1});
  CHECK(set({1, 2, 3, 2}, 3, false) == Ids{1, 3, 3, 3});
  CHECK(set({1, 2, 3, 2}, 2, false) == std::nullopt);
  CHECK(set({1, 1, 1, 1}, 0, false) == std::nullopt);
}

TEST_CASE(
    "setreuid saves the effective id when the real one is set, or another becomes effective") {
  const auto set = [](Ids ids, std::uint32_t real, std::uint32_t effective, bool privileged) {
    return after(
        ids, [&](Ids& now) { return set_real_and_effective(now, real, effective, privileged); });
  };
  CHECK(set({0, 0, 0, 0}, kKeepId, 5, true) == Ids{0, 5, 5, 5});
  CHECK(set({0, 0, 0, 0}, 5, kKeepId, true) == Ids{5, 0, 0, 0});
  CHECK(set({1, 2, 3, 2}, 2, 1, false) == Ids{2, 1, 1, 1});
  CHECK(set({1, 2, 3, 2}, kKeepId, 1, false) == Ids{1, 1, 3, 1});
  CHECK(set({1, 2, 3, 2}, kKeepId, 3, false) == Ids{1, 3, 3, 3});
  CHECK(set({1, 2, 3, 2}, 3, kKeepId, false) == std::nullopt);
  CHECK(set({1, 2, 3, 2}, kKeepId, 4, false) == std::nullopt);
  CHECK(set({1, 2, 3, 2}, kKeepId, kKeepId, false) == Ids{1, 2, 3, 2});
}

TEST_CASE("setresuid takes any of the three for each") {
  const auto set = [](Ids ids, const Ids& wanted, bool privileged) {
    return after(ids, [&](Ids& now) { return set_three(now, wanted, privileged); });
  };
  CHECK(set({1, 2, 3, 2}, {3, 1, 2}, false) == Ids{3, 1, 2, 1});
  CHECK(set({1, 2, 3, 2}, {kKeepId, kKeepId, 1}, false) == Ids{1, 2, 1, 2});
  CHECK(set({1, 2, 3, 2}, {kKeepId, 4, kKeepId}, false) == std::nullopt);
  CHECK(set({1, 2, 3, 2}, {7, 8, 9}, true) == Ids{7, 8, 9, 8});
}

TEST_CASE("setfsuid changes nothing when it may not") {
  Ids ids{1, 2, 3, 2};
  set_filesystem(ids, 4, false);
  CHECK(ids == Ids{1, 2, 3, 2});
  set_filesystem(ids, 3, false);
  CHECK(ids == Ids{1, 2, 3, 3});
  set_filesystem(ids, kKeepId, true);
  CHECK(ids == Ids{1, 2, 3, 3});
  set_filesystem(ids, 4, true);
  CHECK(ids == Ids{1, 2, 3, 4});
}

TEST_CASE("who stops to be root loses the capabilities, unless they are kept") {
  struct Row {
    Ids before;
    Ids now;
    bool keeps;
    std::uint64_t permitted;
    std::uint64_t effective;
  };

  const Row rows[] = {
      {{0, 0, 0, 0}, {5, 5, 5, 5}, false, 0, 0},
      {{0, 0, 0, 0}, {5, 5, 5, 5}, true, kAll, 0},
      {{0, 0, 0, 0}, {0, 5, 0, 5}, false, kAll, 0},
      {{0, 5, 0, 5}, {0, 0, 0, 0}, false, kAll, kAll},
      {{0, 0, 0, 0}, {0, 0, 0, 5}, false, kAll, kAll & ~bit(CAP_CHOWN)},
      {{0, 0, 0, 5}, {0, 0, 0, 0}, false, kAll, kAll},
  };
  for (const Row& row : rows) {
    EmulatedCredentials credentials = root();
    credentials.keeps_capabilities = row.keeps;
    credentials.user = row.now;
    if (row.before.effective != 0) credentials.effective = 0;
    if (row.before.filesystem != 0) credentials.effective &= ~bit(CAP_CHOWN);
    adjust_capabilities(credentials, row.before);
    CAPTURE(row.keeps);
    CAPTURE(row.now.effective);
    CHECK(credentials.permitted == row.permitted);
    CHECK(credentials.effective == row.effective);
  }
}

TEST_CASE("capset gives up capabilities, and takes no new ones") {
  EmulatedCredentials credentials = root();
  CHECK(!set_capabilities(credentials, kAll | bit(CAP_SYS_ADMIN), 0));
  CHECK(!set_capabilities(credentials, bit(CAP_CHOWN), bit(CAP_SETUID)));
  CHECK(credentials == root());
  CHECK(set_capabilities(credentials, bit(CAP_SETUID), 0));
  CHECK(!credentials.has(CAP_SETUID));
  CHECK(set_capabilities(credentials, bit(CAP_SETUID), bit(CAP_SETUID)));
  CHECK(credentials.has(CAP_SETUID));
  CHECK(!set_capabilities(credentials, kAll, 0));
}

TEST_CASE("a program saves the effective ids; a set-id one has those of its owner") {
  EmulatedCredentials plain = user(5, 6);
  execute(plain, {}, kAll);
  CHECK(plain == user(5, 6));

  EmulatedCredentials su = user(5, 6);
  execute(su, {.user = 0, .group = std::nullopt}, kAll);
  CHECK(su.user == Ids{5, 0, 0, 0});
  CHECK(su.group == Ids{6, 6, 6, 6});
  CHECK(su.has(CAP_SETUID));

  EmulatedCredentials crontab = user(5, 6);
  execute(crontab, {.user = std::nullopt, .group = 7}, kAll);
  CHECK(crontab.group == Ids{6, 7, 7, 7});
  CHECK(crontab.permitted == 0);

  EmulatedCredentials kept = user(5, 6);
  kept.permitted = kept.effective = kAll;
  kept.keeps_capabilities = true;
  execute(kept, {}, kAll);
  CHECK(kept == user(5, 6));
}

TEST_CASE("chown is root's; an owner may give a file to its own groups") {
  EmulatedCredentials owner = user(5, 6);
  owner.groups = {7};
  CHECK(may_chown(root(), 5, 6, 8, 9));
  CHECK(may_chown(owner, 5, 0, kKeepId, 6));
  CHECK(may_chown(owner, 5, 0, kKeepId, 7));
  CHECK(may_chown(owner, 5, 0, 5, 0));
  CHECK(may_chown(owner, 5, 0, kKeepId, kKeepId));
  CHECK(!may_chown(owner, 5, 0, kKeepId, 8));
  CHECK(!may_chown(owner, 5, 6, 4, kKeepId));
  CHECK(!may_chown(owner, 4, 6, kKeepId, 7));
  CHECK(!may_chown(owner, 4, 6, 5, kKeepId));
}

}  // namespace cbuild::sandbox
