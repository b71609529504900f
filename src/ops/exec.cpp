// RUN; see exec.h.
#include "src/ops/exec.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "cbuild/sandbox/run.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr const char* kHostname = "buildkitsandbox";  // scripts in the wild look at it

bool is_set(const std::vector<std::string>& env, std::string_view name) {
  return std::ranges::any_of(env, [&](const std::string& variable) {
    return variable.starts_with(name) && variable.size() > name.size() &&
           variable[name.size()] == '=';
  });
}

/// The image's variables as they may be passed on. An element without '=' must not pull in the
/// caller's variable (CVE-2026-57231): it goes.
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

/// Those of the caller's configuration, where the step has none: as if given by --build-arg.
void add_proxies(std::vector<std::string>& env, const std::map<std::string, std::string>& proxies) {
  for (const auto& [name, value] : proxies) {
    for (const std::string& spelling : {name, to_lower(name)}) {
      if (!is_set(env, spelling)) env.push_back(fmt::format("{}={}", spelling, value));
    }
  }
}

std::string hosts_file(const std::string& hostname, const std::vector<HostEntry>& more) {
  std::string text =
      fmt::format("127.0.0.1\tlocalhost {}\n::1\tlocalhost ip6-localhost ip6-loopback\n", hostname);
  for (const HostEntry& entry : more)
    text += fmt::format("{}\t{}\n", entry.address, entry.name);
  return text;
}

/// Secrets win over what the image says; an address of an agent that the image names is left.
void add_lent_variables(std::vector<std::string>& env, const std::vector<std::string>& lent) {
  for (const std::string& variable : lent) {
    const std::string name = variable.substr(0, variable.find('='));
    if (name == "SSH_AUTH_SOCK" && is_set(env, name)) continue;
    std::erase_if(env, [&](const std::string& other) { return other.starts_with(name + "="); });
    env.push_back(variable);
  }
}

/// Why a step may have failed though it does not say so itself; empty when it is not that.
std::string hint_about_space(const Fd& directory) {
  constexpr std::uint64_t kLeftOver = 64 << 10;
  constexpr std::uint64_t kInodesLeftOver = 16;
  constexpr std::string_view kRemedy =
      "'cbuild df' says what it holds, 'cbuild prune' removes what no image needs";
  struct statvfs space = {};
  if (::fstatvfs(directory.get(), &space) != 0) return {};
  if (space.f_bavail * space.f_frsize < kLeftOver) {
    return fmt::format("the file system of the store is full: {}", kRemedy);
  }
  // Some file systems (btrfs) count none.
  if (space.f_files != 0 && space.f_favail < kInodesLeftOver) {
    return fmt::format("the file system of the store has no inodes left for more files: {}",
                       kRemedy);
  }
  return {};
}

/// "['a']" or "[“a”]": what an array looks like to those who write one wrongly.
bool looks_like_array(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('[')) return false;
  text = trim(text.substr(1));
  return text.starts_with('\'') || text.starts_with('"') || text.starts_with("“");
}

/// What the shell means by its exit code, and what it was handed by mistake.
std::string hint_about(const graph::Exec& op, int code) {
  constexpr int kFalse = 1;  // of a test: `[ "$a" = b ]` begins like an array, too
  constexpr int kNotExecutable = 126;
  constexpr int kNotFound = 127;
  if (code != kFalse && looks_like_array(op.argv.back())) {
    return "the command begins with [ but is no JSON array (which takes double quotes and commas), "
           "so the shell ran it as it stands";
  }
  if (code == kNotFound)
    return "exit code 127: a program was not found; is it spelt so, and is it in the image?";
  if (code == kNotExecutable) {
    return "exit code 126: a file cannot be executed; COPY --chmod=755 makes it executable";
  }
  return {};
}

Error failure_of(const graph::Exec& op, const sandbox::ExitStatus& status) {
  const std::string command = printable(join(op.argv, " "));
  if (status.out_of_memory) {
    return Error(ErrorKind::build, "process \"{}\" was killed: out of memory", command);
  }
  if (status.too_many_processes != 0) {
    return Error(ErrorKind::build, "process \"{}\" was ended: it came to {} processes", command,
                 status.too_many_processes)
        .with_hint("if it needs so many, give it a limit of its own: --ulimit nproc=NUMBER");
  }
  if (status.signal != 0) {
    const char* name = ::sigabbrev_np(status.signal);
    return Error(ErrorKind::build,
                 "process \"{}\" did not complete successfully: ended by signal {} (SIG{})",
                 command, status.signal, name != nullptr ? name : "?");
  }
  Error error(ErrorKind::build, "process \"{}\" did not complete successfully: exit code: {}",
              command, status.code);
  error.with_hint(hint_about(op, status.code));
  return error;
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
  spec.hosts = hosts_file(spec.hostname, settings.hosts);
  if (op.network == graph::Network::none) spec.network = sandbox::NoNetwork{};
  if (settings.shm_size) spec.shm_size = *settings.shm_size;
  spec.limits = settings.limits;
  if (!op.script_path.empty()) {
    spec.mounts.push_back(sandbox::MemoryFile{op.script_path, op.script, 0755, 0, 0});
  }
  return spec;
}

void run_exec(const ExecRequest& request,
              const store::ActiveSnapshot& active,
              const solver::RunContext& context) {
  sandbox::Spec spec = make_spec(request.op, request.identity, request.settings);
  spec.is_386 = request.platform.architecture == "386";
  spec.root = active.mount();
  spec.resolv_conf = read_file_if_exists("/etc/resolv.conf", 64 << 10).value_or("");
  const auto& mounts = request.mounts.mounts();
  spec.mounts.insert(spec.mounts.end(), mounts.begin(), mounts.end());
  add_lent_variables(spec.env, request.mounts.env());
  const auto output = [&context](sandbox::Stream stream, std::string_view text) {
    context.step.output(stream == sandbox::Stream::out ? 1 : 2, text);
  };
  const sandbox::ExitStatus status = sandbox::run(std::move(spec), output, context.cancel);
  if (status.ok()) return;
  Error failure = failure_of(request.op, status);
  if (std::string hint = hint_about_space(active.upper()); !hint.empty()) {
    failure.with_hint(std::move(hint));
  }
  throw failure;
}

}  // namespace cbuild::ops
