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
#include "src/sandbox/network_namespace.h"
#include "src/sandbox/sysctl.h"
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
  const auto refuse_if = [](bool wanted, std::string_view what, const char* hint) {
    if (!wanted) return;
    throw Error(ErrorKind::machine, "{} is not possible where steps are isolated by chroot", what)
        .with_hint(hint);
  };
  const auto refuse_if_wanted = [&](bool wanted, std::string_view what) {
    refuse_if(wanted, what, "it needs namespaces: see --isolation");
  };
  const auto is_own = [](const NamespaceChoice& choice) {
    return std::holds_alternative<OwnNamespace>(choice);
  };
  refuse_if_wanted(!spec.root.is_plain_directory(), "an overlay as the root file system");
  refuse_if_wanted(spec.lifetime == Lifetime::own, "a process that survives cbuild");
  refuse_if_wanted(std::holds_alternative<Terminal>(spec.streams), "a terminal");
  refuse_if_wanted(!spec.init, "a program without an init");
  refuse_if_wanted(spec.enterable, "another process in a sandbox");
  refuse_if_wanted(!is_own(spec.pid) || !is_own(spec.ipc) || !is_own(spec.uts),
                   "a choice of namespaces");
  refuse_if_wanted(!spec.domainname.empty(), "a domain name");
  refuse_if_wanted(!spec.sysctls.empty(), "a sysctl");
  refuse_if_wanted(spec.capabilities.has_value(), "a choice of capabilities");
  refuse_if_wanted(!spec.seccomp, "a process without a filter of system calls");
  refuse_if_wanted(spec.read_only_root, "a read-only root file system");
  refuse_if_wanted(!spec.masks_system_paths, "an unmasked /proc");
  for (const Mount& mount : spec.mounts) {
    refuse_if_wanted(std::holds_alternative<OverlayBind>(mount), "an overlay as a mount");
    const auto* tmpfs = std::get_if<TmpfsMount>(&mount);
    refuse_if_wanted(tmpfs != nullptr && (!tmpfs->executable || tmpfs->uid != 0 || tmpfs->gid != 0),
                     "a tmpfs with an owner or without programs");
  }
  refuse_if(!std::holds_alternative<HostNetwork>(spec.network) && !has_capability(CAP_SYS_ADMIN),
            "a network of its own for a step",
            "a network namespace needs CAP_SYS_ADMIN: use --network host");
}

void check_namespaces(const Spec& spec) {
  if (spec.init && !std::holds_alternative<OwnNamespace>(spec.pid))
    throw Error("an init needs a pid namespace of the sandbox's own");
  if (!spec.domainname.empty() && !std::holds_alternative<OwnNamespace>(spec.uts))
    throw Error("a domain name needs a uts namespace of the sandbox's own");
}

void check_sysctls(const Spec& spec) {
  for (const Sysctl& sysctl : spec.sysctls) {
    switch (namespace_of_sysctl(sysctl.name)) {
      case SysctlNamespace::none:
        throw Error("sysctl '{}' is not one of a namespace", sysctl.name)
            .with_hint("net.*, fs.mqueue.*, kernel.shm*, kernel.msg* and kernel.sem are");
      case SysctlNamespace::network:
        if (is_own_network(spec.network)) break;
        throw Error("sysctl '{}' cannot be set in the network of the host", sysctl.name);
      case SysctlNamespace::ipc:
        if (std::holds_alternative<OwnNamespace>(spec.ipc)) break;
        throw Error("sysctl '{}' needs an ipc namespace of the sandbox's own", sysctl.name);
    }
  }
}

void check_mounts(const Spec& spec, const WorkspaceFacts& facts) {
  for (const Mount& mount : spec.mounts) {
    const auto& target =
        std::visit([](const auto& m) -> const std::string& { return m.target; }, mount);
    if (target.find_first_not_of("/.") == std::string::npos) {
      throw Error("'{}' cannot be a mount point", target);
    }
    const auto* tmpfs = std::get_if<TmpfsMount>(&mount);
    if (tmpfs == nullptr || facts.owners_are_recorded) continue;
    if (!maps(facts.uids, tmpfs->uid) || !maps(facts.gids, tmpfs->gid)) {
      throw Error("tmpfs on {} for {}:{}: {}", target, tmpfs->uid, tmpfs->gid, kOutOfRange)
          .with_hint(kOutOfRangeHint);
    }
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
  check_namespaces(spec);
  check_sysctls(spec);
  check_mounts(spec, facts);
}

}  // namespace cbuild::sandbox
