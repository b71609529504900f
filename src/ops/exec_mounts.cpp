// Mounts by type; see exec_mounts.h.
#include "src/ops/exec_mounts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cbuild/ops/run_settings.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"
#include "src/ops/cache_directory.h"
#include "src/ops/mount_input.h"
#include "src/ops/mounted_files.h"
#include "src/ops/ssh_agents.h"

namespace cbuild::ops {

namespace {

using graph::ExecMount;

/// "K=V" in the place of one with the same name, or at the end.
void set_variable(std::vector<std::string>& env, const std::string& name, std::string_view value) {
  std::erase_if(env, [&](const std::string& variable) { return variable.starts_with(name + "="); });
  env.push_back(fmt::format("{}={}", name, value));
}

std::vector<std::string> names_of(const auto& lent) {
  std::vector<std::string> names;
  for (const auto& [name, value] : lent)
    names.push_back(name);
  return names;
}

/// @param advice  with {0} for the id
[[noreturn]] void refuse_missing(std::string_view kind,
                                 const std::string& id,
                                 const std::vector<std::string>& given,
                                 std::string_view advice) {
  const std::string shown = printable(id);
  const auto near = nearest(id, given);
  Error error(ErrorKind::usage, "the {} '{}' is required and was not given{}", kind, shown,
              near ? fmt::format(" (did you mean {}?)", printable(*near)) : "");
  error.with_hint(fmt::vformat(advice, fmt::make_format_args(shown)));
  throw error.with_subject(id);
}

const std::string& target_of(const sandbox::Mount& mount) {
  return std::visit([](const auto& one) -> const std::string& { return one.target; }, mount);
}

}  // namespace

void ExecMounts::add(std::span<const ExecMount> mounts, std::span<MountInput> inputs) {
  lock_caches(mounts, inputs);
  for (std::size_t i = 0; i < mounts.size(); ++i)
    add_one(mounts[i], inputs[i]);
  std::ranges::stable_sort(mounts_, {}, target_of);
}

void ExecMounts::add_one(const ExecMount& mount, MountInput& input) {
  switch (mount.type) {
    case ExecMount::Type::bind:
      return add_bind(mount, input);
    case ExecMount::Type::cache:
      return add_cache(mount, input);
    case ExecMount::Type::tmpfs:
      mounts_.push_back(sandbox::TmpfsMount{mount.target, mount.size, 01777, mount.read_only});
      return;
    case ExecMount::Type::secret:
      return add_secret(mount);
    case ExecMount::Type::ssh:
      return add_agent(mount);
  }
}

store::ActiveSnapshot& ExecMounts::new_scratch(const std::optional<oci::Digest>& below) {
  scratch_.push_back(store_.snapshots().prepare(below));
  return scratch_.back();
}

void ExecMounts::add_bind(const ExecMount& mount, MountInput& input) {
  if (input.stack && means_.overlays) {
    const OverlayMount overlay =
        mount.read_only ? store_.snapshots().view(*input.stack) : new_scratch(input.stack).mount();
    mounts_.push_back(sandbox::OverlayBind{overlay, mount.source, mount.target, mount.read_only});
    return;
  }
  // By rename(2), which chroot isolation mounts with, only what is the store's can be mounted.
  if (input.in_place && means_.isolation == sandbox::Isolation::namespaces) {
    descriptors_.push_back(std::move(input.in_place));
  } else {
    const store::ActiveSnapshot& copy = new_scratch(std::nullopt);
    if (input.fill) input.fill(copy.upper(), *copy.owners());
    descriptors_.push_back(open_in_root(copy.upper(), kFilled, O_PATH | O_NOFOLLOW));
  }
  mounts_.push_back(sandbox::BindMount{descriptors_.back().get(), mount.target, mount.read_only});
}

/// In the order of their names, as everybody does: no two steps wait for each other.
void ExecMounts::lock_caches(std::span<const ExecMount> mounts,
                             std::span<const MountInput> inputs) {
  std::map<std::string, ExecMount::Sharing> wanted;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    if (mounts[i].type != ExecMount::Type::cache) continue;
    const auto known = wanted.emplace(cache_name(mounts[i], inputs[i]), mounts[i].sharing).first;
    // Mounted twice, the stricter wish counts.
    if (mounts[i].sharing == ExecMount::Sharing::locked) known->second = mounts[i].sharing;
  }
  for (const auto& [name, sharing] : wanted) {
    // A directory that rename(2) mounts can be in one place only.
    const bool alone =
        sharing == ExecMount::Sharing::shared && means_.isolation == sandbox::Isolation::chroot;
    caches_.emplace(
        name, lock_cache(store_, name, alone ? ExecMount::Sharing::locked : sharing, cancel_));
  }
}

void ExecMounts::add_cache(const ExecMount& mount, const MountInput& input) {
  descriptors_.push_back(
      open_cache(caches_.at(cache_name(mount, input)), mount, input, store_.ownership()));
  mounts_.push_back(sandbox::BindMount{descriptors_.back().get(), mount.target, mount.read_only});
}

void ExecMounts::add_secret(const ExecMount& mount) {
  const auto secret = lent_.settings.secrets.find(mount.id);
  if (secret == lent_.settings.secrets.end()) {
    if (!mount.required) {
      if (!mount.env.empty()) set_variable(env_, mount.env, "");  // as BuildKit: there, and empty
      return;
    }
    refuse_missing("secret", mount.id, names_of(lent_.settings.secrets),
                   "give it with --secret id={0},src=FILE or --secret id={0},env=VARIABLE");
  }
  if (!mount.env.empty()) {
    if (secret->second.find('\0') != std::string::npos) {
      throw Error(ErrorKind::usage,
                  "the secret '{}' contains a zero byte, which a variable cannot hold: mount it "
                  "with target=PATH instead of env={}",
                  printable(mount.id), printable(mount.env));
    }
    set_variable(env_, mount.env, secret->second);
  }
  if (mount.target.empty()) return;
  if (store_.ownership() == Ownership::real) {
    with_context(fmt::format("secret mount {}", printable(mount.target)),
                 [&] { require_owner(mount.uid.value_or(0), mount.gid.value_or(0)); });
  }
  mounts_.push_back(sandbox::MemoryFile{mount.target, secret->second, mount.mode.value_or(0400),
                                        mount.uid.value_or(0), mount.gid.value_or(0)});
}

void ExecMounts::add_agent(const ExecMount& mount) {
  // The first one, whether there is an agent or not: as BuildKit.
  if (!std::exchange(names_agent_, true)) set_variable(env_, "SSH_AUTH_SOCK", mount.target);
  const Fd* agent = lent_.agents.find(mount.id);
  if (agent == nullptr) {
    if (!mount.required) return;
    refuse_missing("ssh agent", mount.id, names_of(lent_.settings.ssh),
                   "start ssh-agent and give --ssh {0}, or a key: --ssh {0}=FILE");
  }
  SocketLook look{mount.mode.value_or(0600), mount.uid.value_or(0), mount.gid.value_or(0)};
  // With one id every user of the step is the owner.
  if (store_.ownership() == Ownership::recorded) look.uid = look.gid = 0;
  const SshProxy& proxy =
      proxies_.emplace_back(new_scratch(std::nullopt).upper(), "socket", look, *agent);
  mounts_.push_back(sandbox::BindMount{proxy.socket().get(), mount.target, /*read_only=*/true});
}

}  // namespace cbuild::ops
