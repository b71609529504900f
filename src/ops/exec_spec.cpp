// The pure part of a RUN's spec; see exec_spec.h.
#include "src/ops/exec_spec.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/image/users.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/sandbox/mount.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/default_path.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

constexpr const char* kHostname = "buildkitsandbox";  // BuildKit's name: scripts test for it

bool is_set(const std::vector<std::string>& env, std::string_view name) {
  return std::ranges::any_of(env, [&](const std::string& variable) {
    return variable.starts_with(name) && variable.size() > name.size() &&
           variable[name.size()] == '=';
  });
}

/// The image's variables, completed. An element without '=' is dropped: it would pass on the
/// caller's variable of that name (CVE-2026-57231).
std::vector<std::string> environment_of(const graph::Exec& op,
                                        const image::Identity& identity,
                                        const std::string& hostname) {
  std::vector<std::string> env;
  for (std::string& variable : op.env.entries()) {
    const auto equals = variable.find('=');
    if (equals != std::string::npos && equals > 0) env.push_back(std::move(variable));
  }
  for (const std::string& variable : op.unkeyed_env) {
    const auto equals = variable.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    if (!is_set(env, variable.substr(0, equals))) env.push_back(variable);
  }
  if (!is_set(env, "PATH")) env.push_back(fmt::format("PATH={}", kDefaultPath));
  if (!is_set(env, "HOME")) env.push_back("HOME=" + identity.home);
  if (!is_set(env, "HOSTNAME")) env.push_back("HOSTNAME=" + hostname);
  return env;
}

/// Adds the caller's proxies, unless the step has its own, as --build-arg would.
void add_proxies(std::vector<std::string>& env, const std::map<std::string, std::string>& proxies) {
  for (const auto& [name, value] : proxies) {
    for (const std::string& spelling : {name, to_lower(name)}) {
      if (!is_set(env, spelling)) env.push_back(fmt::format("{}={}", spelling, value));
    }
  }
}

}  // namespace

sandbox::Spec make_spec(const graph::Exec& op,
                        const image::Identity& identity,
                        const RunSettings& settings) {
  sandbox::Spec spec;
  spec.hostname = op.hostname.empty() ? kHostname : op.hostname;
  spec.argv = op.argv;
  spec.env = environment_of(op, identity, spec.hostname);
  add_proxies(spec.env, settings.proxies);
  spec.cwd = op.cwd.empty() ? "/" : op.cwd;
  spec.uid = identity.ids.uid;
  spec.gid = identity.ids.gid;
  spec.groups = identity.groups;
  if (settings.shm_size) spec.shm_size = *settings.shm_size;
  spec.limits = settings.limits;
  spec.group_limits = settings.group_limits;
  if (!op.script_path.empty()) {
    spec.mounts.push_back(sandbox::MemoryFile{op.script_path, op.script, 0755, 0, 0});
  }
  return spec;
}

void add_lent_variables(std::vector<std::string>& env, const std::vector<std::string>& lent) {
  for (const std::string& variable : lent) {
    const std::string name = variable.substr(0, variable.find('='));
    if (name == "SSH_AUTH_SOCK" && is_set(env, name)) continue;
    std::erase_if(env, [&](const std::string& other) { return other.starts_with(name + "="); });
    env.push_back(variable);
  }
}

}  // namespace cbuild::ops
