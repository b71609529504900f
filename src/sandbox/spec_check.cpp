// Checks owner, command and mounts of a Spec; see spec_check.h.
#include "src/sandbox/spec_check.h"

#include <linux/capability.h>

#include <string_view>
#include <variant>
#include <vector>

#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/subordinate_ids.h"
#include "src/sandbox/capabilities.h"
#include "src/sandbox/id_map.h"
#include "src/sandbox/workspace_facts.h"

namespace cbuild::sandbox {

namespace {

void check_id(std::string_view what, std::uint32_t id, const std::vector<IdRange>& map) {
  if (maps(map, id)) return;
  throw Error("RUN as {} {}: {} ({})", what, id, kOutOfRange, inside_of(map))
      .with_hint(kOutOfRangeHint);
}

/// Ids that do not exist here: setresuid(2) would say "invalid argument", or take -1 for "as it
/// is". Emulated ids need not exist.
void check_ids(const Command& spec, const WorkspaceFacts& facts) {
  const std::vector<IdRange> every = {{0, 0, 0xffffffff}};
  const std::vector<IdRange>& gids = facts.owners_are_recorded ? every : facts.gids;
  check_id("user", spec.uid, facts.owners_are_recorded ? every : facts.uids);
  check_id("group", spec.gid, gids);
  for (const std::uint32_t group : spec.groups)
    check_id("group", group, gids);
}

/// What chroot(2) without namespaces and mounts cannot do.
void check_chroot(const Spec& spec) {
  const auto refuse = [](std::string_view what, const char* hint) {
    throw Error(ErrorKind::machine, "{} is not possible where steps are isolated by chroot", what)
        .with_hint(hint);
  };
  constexpr const char* kNamespaces = "it needs namespaces: see --isolation";
  if (!spec.root.is_plain_directory()) refuse("an overlay as the root file system", kNamespaces);
  if (spec.lifetime == Lifetime::own) refuse("a process that survives cbuild", kNamespaces);
  if (std::holds_alternative<Terminal>(spec.streams)) refuse("a terminal", kNamespaces);
  if (!spec.init) refuse("a program without an init", kNamespaces);
  if (spec.enterable) refuse("another process in a sandbox", kNamespaces);
  for (const Mount& mount : spec.mounts) {
    if (std::holds_alternative<OverlayBind>(mount)) refuse("an overlay as a mount", kNamespaces);
  }
  if (!std::holds_alternative<HostNetwork>(spec.network) && !has_capability(CAP_SYS_ADMIN)) {
    refuse("a network of its own for a step",
           "a network namespace needs CAP_SYS_ADMIN: use --network host");
  }
}

}  // namespace

void check_command(const Command& command, const WorkspaceFacts& facts) {
  if (command.argv.empty()) throw Error("there is no command to run");
  check_ids(command, facts);
  if (facts.owners_are_recorded && command.lifetime == Lifetime::own) {
    throw Error("a process without subordinate ids cannot survive cbuild, which emulates its ids")
        .with_hint(kOutOfRangeHint);
  }
}

void check_spec(const Spec& spec, const WorkspaceFacts& facts) {
  check_command(spec, facts);
  if (facts.isolation == Isolation::chroot) check_chroot(spec);
  for (const Mount& mount : spec.mounts) {
    const auto& target =
        std::visit([](const auto& m) -> const std::string& { return m.target; }, mount);
    if (target.find_first_not_of("/.") == std::string::npos) {
      throw Error("'{}' cannot be a mount point", target);
    }
  }
}

}  // namespace cbuild::sandbox
