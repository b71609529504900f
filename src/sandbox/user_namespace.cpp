// Helper processes that stay in the old user namespace write the id maps; see user_namespace.h.
#include "src/sandbox/user_namespace.h"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "cbuild/sandbox/isolation.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/pipe.h"
#include "cbuild/util/process.h"
#include "cbuild/util/text.h"
#include "src/sandbox/id_map.h"
#include "src/sandbox/namespace_trial.h"
#include "src/sandbox/process_limit.h"

namespace cbuild::sandbox {

namespace {

/// Exit codes above it are errno of a helper for want of memory, processes or descriptors: no
/// program that maps ids has such codes.
constexpr int kMachineFault = 160;

/// A process that stays in the old namespace. It waits until the parent has unshared, acts on the
/// new one and exits.
class Helper {
 public:
  /// `act` runs in the child, returns the exit code and may write to its stderr, a pipe.
  template <typename Action>
  explicit Helper(Action&& act) {
    Pipe start = make_pipe();
    Pipe errors = make_pipe();
    pid_ = ::fork();
    if (pid_ < 0) throw SysError("fork");
    if (pid_ == 0) {
      start.write = Fd();
      char word = 0;
      if (::read(start.read.get(), &word, 1) != 1) ::_exit(0);  // the parent gave up
      ::dup2(errors.write.get(), STDERR_FILENO);
      ::_exit(act());
    }
    start_ = std::move(start.write);
    errors_ = std::move(errors.read);
  }

  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  ~Helper() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
  }

  void start() noexcept {
    (void)!::write(start_.get(), "x", 1);
    start_ = Fd();
  }

  /// Its stderr when it failed; nullopt when it succeeded.
  std::optional<std::string> finish() {
    std::string text(1024, '\0');
    std::size_t used = 0;
    for (;;) {
      const ssize_t count = ::read(errors_.get(), text.data() + used, text.size() - used);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      used += static_cast<std::size_t>(count);
    }
    text.resize(used);
    const int status = wait();
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    if (code == 0) return std::nullopt;
    // The program may well work, when this machine has more room.
    if (code > kMachineFault)
      throw SysError::from_code(code - kMachineFault, printable(trim(text)));
    return printable(trim(text));
  }

 private:
  int wait() noexcept {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

  pid_t pid_ = -1;
  Fd start_;
  Fd errors_;
};

constexpr const char* kSetidHint =
    "root lacks CAP_SETUID or CAP_SETGID here, as in a container: docker run --cap-add SETUID "
    "--cap-add SETGID";

/// Of newuidmap and newgidmap: they are programs with rights of their own, or ought to be.
const char* map_hint() {
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
    return "no_new_privs is set here, so newuidmap and newgidmap run without their rights: start "
           "cbuild without it (docker: no-new-privileges; systemd: NoNewPrivileges=no)";
  }
  return "newuidmap and newgidmap run without their rights: they lost their set-uid bits or are on "
         "a mount with nosuid (reinstall the package uidmap), or root has no CAP_SYS_ADMIN here, "
         "as in a container; then give them file capabilities instead: chmod u-s, setcap "
         "cap_setuid+ep newuidmap, setcap cap_setgid+ep newgidmap";
}

std::string name_of_user(uid_t uid) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int code = ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (is_fault_of_machine(code))
    throw SysError::from_code(code, fmt::format("look up the name of user {}", uid));
  return code == 0 && found != nullptr ? found->pw_name : std::to_string(uid);
}

std::vector<IdRange> subordinate_ids(const std::string& file, const std::string& user, uid_t uid) {
  std::vector<IdRange> ranges = parse_subids(read_file_if_exists(file).value_or(""), user, uid);
  if (ranges.empty()) {
    throw Error(ErrorKind::machine, "{} gives no subordinate ids to user {}", file, user)
        .with_hint(fmt::format(
            "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}", user));
  }
  return ranges;
}

std::string required_program(const std::string& name) {
  if (auto path = find_program(name)) return *path;
  for (const char* directory : {"/usr/bin/", "/usr/sbin/", "/bin/"}) {
    if (::access((directory + name).c_str(), X_OK) == 0) return directory + name;
  }
  throw Error(ErrorKind::machine, "the program {} is not installed; it maps subordinate ids", name)
      .with_hint("install it: package uidmap (Debian, Ubuntu) or shadow-utils (Fedora)");
}

/// The call of newuidmap or newgidmap on this process.
std::vector<std::string> map_command(std::string program, const std::vector<IdRange>& map) {
  std::vector<std::string> words{std::move(program), std::to_string(::getpid())};
  for (const IdRange& range : map) {
    for (const std::uint32_t number : {range.inside, range.outside, range.count}) {
      words.push_back(std::to_string(number));
    }
  }
  return words;
}

int exec_command(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  const int code = errno;
  const bool is_machine = is_fault_of_machine(code);
  const std::string doing = "run " + words[0];
  const std::string message = is_machine ? doing : SysError::from_code(code, doing).what();
  (void)!::write(STDERR_FILENO, message.data(), message.size());
  return is_machine ? kMachineFault + code : 127;
}

/// A joined thread may be in the kernel's books for a moment longer: EINVAL is worth some patience.
void unshare_namespaces() {
  constexpr int kTries = 200;
  constexpr useconds_t kPause = 1000;
  for (int i = 0; ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0; ++i) {
    if (errno != EINVAL || i == kTries) throw namespace_refusal(NamespaceStage::unshare, errno);
    ::usleep(kPause);
  }
}

void write_own(const char* path, const std::string& text) {
  const Fd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw namespace_refusal(NamespaceStage::map, errno);
}

/// Id 0 of the new namespace is `uid`, and no other exists: the kernel allows this to everybody.
void map_only_user(uid_t uid) {
  write_own("/proc/self/uid_map", to_text({{0, uid, 1}}));
}

/// A group that is denied to others might be left by setgroups(2) (CVE-2014-8989).
void map_only_group(gid_t gid) {
  write_own("/proc/self/setgroups", "deny");
  write_own("/proc/self/gid_map", to_text({{0, gid, 1}}));
}

void warn_of_only_id(const std::string& why, const std::string& hint) {
  log_warning(
      "there are no subordinate ids: {}; owners of files are recorded as attributes, and RUN has "
      "emulated ids ({})",
      why, hint);
}

void enter_with_one_id() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  unshare_namespaces();
  map_only_user(uid);
  map_only_group(gid);
}

/// The calls that map the subordinate ids of this user.
struct MapCommands {
  std::vector<std::string> newuidmap;
  std::vector<std::string> newgidmap;
};

/// nullopt, and a warning: something is missing.
std::optional<MapCommands> plan_map_commands() {
  const std::string user = name_of_user(::geteuid());
  try {
    const auto uids = map_of_user(::geteuid(), subordinate_ids("/etc/subuid", user, ::geteuid()));
    const auto gids = map_of_user(::getegid(), subordinate_ids("/etc/subgid", user, ::geteuid()));
    return MapCommands{map_command(required_program("newuidmap"), uids),
                       map_command(required_program("newgidmap"), gids)};
  } catch (const SysError&) {
    throw;  // nothing is known of the ids
  } catch (const Error& error) {
    warn_of_only_id(error.what(), error.hint());
    return std::nullopt;
  }
}

/// Both programs start at once: what they cost is their start.
void enter_as_user() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  const auto commands = plan_map_commands();
  if (!commands) return enter_with_one_id();
  Helper uid_helper([&] { return exec_command(commands->newuidmap); });
  Helper gid_helper([&] { return exec_command(commands->newgidmap); });
  unshare_namespaces();
  uid_helper.start();
  gid_helper.start();
  const auto uid_failure = uid_helper.finish();
  const auto gid_failure = gid_helper.finish();
  if (uid_failure) map_only_user(uid);
  if (gid_failure) map_only_group(gid);
  if (uid_failure || gid_failure)
    warn_of_only_id(uid_failure ? *uid_failure : *gid_failure, map_hint());
}

int write_map(const std::string& path, const std::string& text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) {
    return 0;
  }
  const std::string message = SysError("write {}", path).what();
  (void)!::write(STDERR_FILENO, message.data(), message.size());
  return 1;
}

/// Of this process.
bool is_unmapped(const char* name) {
  return read_file(fmt::format("/proc/self/{}", name)).empty();
}

/// Needs the rights of root where it is called; all ids stay what they are.
void enter_with_same_ids() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  const std::string uids = to_text(identity_map(parse_id_map(read_file("/proc/self/uid_map"))));
  const std::string gids = to_text(identity_map(parse_id_map(read_file("/proc/self/gid_map"))));
  const std::string self = fmt::format("/proc/{}", ::getpid());
  Helper helper([&] {
    const int code = write_map(self + "/uid_map", uids);
    return code != 0 ? code : write_map(self + "/gid_map", gids);
  });
  unshare_namespaces();
  helper.start();
  if (const auto failure = helper.finish()) {
    // Without CAP_SETUID or CAP_SETGID root may still map itself, unless it lacks CAP_SETFCAP.
    warn_of_only_id(*failure, kSetidHint);
    if (is_unmapped("uid_map")) map_only_user(uid);
    map_only_group(gid);
  }
}

/// The soft limit of processes while it lives. A user namespace made meanwhile has it as a whole:
/// it counts what its maker's user has in the namespace around it.
class LoweredProcessLimit {
 public:
  explicit LoweredProcessLimit(std::uint64_t limit) {
    if (::getrlimit(RLIMIT_NPROC, &former_) != 0) throw SysError("getrlimit");
    const rlimit lowered{std::min<rlim_t>(limit, former_.rlim_cur), former_.rlim_max};
    if (::setrlimit(RLIMIT_NPROC, &lowered) != 0) throw SysError("setrlimit");
  }

  LoweredProcessLimit(const LoweredProcessLimit&) = delete;
  LoweredProcessLimit& operator=(const LoweredProcessLimit&) = delete;

  ~LoweredProcessLimit() { ::setrlimit(RLIMIT_NPROC, &former_); }

 private:
  rlimit former_{};
};

bool maps_root_to_root(const std::vector<IdRange>& map) {
  return std::ranges::any_of(
      map, [](const IdRange& range) { return range.inside == 0 && range.outside == 0; });
}

}  // namespace

bool is_root_of_machine() {
  return ::geteuid() == 0 && maps_root_to_root(parse_id_map(read_file("/proc/self/uid_map")));
}

bool enter_user_namespace(IdsWanted ids) {
  const bool is_machines_root = ids == IdsWanted::all && is_root_of_machine();
  if (ids == IdsWanted::one) {
    enter_with_one_id();
  } else if (::geteuid() == 0) {
    enter_with_same_ids();
  } else {
    enter_as_user();
  }
  if (!pid_max_is_namespaced() && !is_machines_root) {
    const LoweredProcessLimit lowered(usual_process_limit());
    enter_with_same_ids();
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    throw namespace_refusal(NamespaceStage::mount, errno);
  }
  return is_machines_root;
}

}  // namespace cbuild::sandbox
