// Starts agents and adds keys; see ssh_agents.h.
#include "src/ops/ssh_agents.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "cbuild/ops/run_settings.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/process.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

constexpr const char* kSocket = "agent";

std::string required_program(const std::string& name) {
  if (auto path = find_program(name)) return *path;
  throw Error(ErrorKind::machine,
              "the program {} is not installed; it holds the keys given with --ssh", name)
      .with_hint("install it: package openssh-client; or give the socket of a running agent");
}

/// The environment of ssh-add: nothing of the caller's, and no program that asks for a passphrase.
std::vector<std::string> environment() {
  return {"PATH=/usr/bin:/bin", fmt::format("SSH_AUTH_SOCK={}", kSocket), "SSH_ASKPASS=/bin/false",
          "SSH_ASKPASS_REQUIRE=force"};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words)
    result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

/// Runs ssh-agent around a command: the agent ends with the command, which ends with this process.
class SshAgents::OwnAgent {
 public:
  OwnAgent(store::Store& store, const std::string& program)
      : directory_(store.snapshots().prepare(std::nullopt)) {
    start(program);
    agent_ = read_agent_id();
  }

  OwnAgent(const OwnAgent&) = delete;
  OwnAgent& operator=(const OwnAgent&) = delete;

  ~OwnAgent() {
    if (agent_ > 0) ::kill(agent_, SIGTERM);  // ends by itself too, but not at once
    to_command_ = Fd();
    while (::waitpid(command_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  const Fd& directory() const { return directory_.upper(); }

 private:
  void start(const std::string& program) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0) throw SysError("pipe");
    const Fd command_input(in[0]);
    to_command_ = Fd(in[1]);
    if (::pipe2(out.data(), O_CLOEXEC) != 0) throw SysError("pipe");
    from_command_ = Fd(out[0]);
    const Fd command_output(out[1]);

    std::vector<std::string> words{program,   "-a", kSocket,
                                   "/bin/sh", "-c", "echo $SSH_AGENT_PID; exec cat"};
    std::vector<std::string> variables = environment();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, command_input.get(), 0);
    ::posix_spawn_file_actions_adddup2(&actions, command_output.get(), 1);
    ::posix_spawn_file_actions_addchdir_np(&actions, fd_path(directory().get()).c_str());
    const int code = ::posix_spawn(&command_, words[0].c_str(), &actions, nullptr,
                                   pointers(words).data(), pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) throw SysError::from_code(code, "run ssh-agent");
  }

  /// The first line that the command writes: the agent listens by then.
  pid_t read_agent_id() {
    std::string line;
    char letter = 0;
    while (::read(from_command_.get(), &letter, 1) == 1 && letter != '\n' && line.size() < 20)
      line += letter;
    const auto id = parse_uint(line);
    if (id && *id > 1) return static_cast<pid_t>(*id);
    to_command_ = Fd();
    while (::waitpid(command_, nullptr, 0) < 0 && errno == EINTR) {
    }
    throw Error(ErrorKind::machine, "ssh-agent does not start");
  }

  store::ActiveSnapshot directory_;  ///< never committed
  Fd to_command_;
  Fd from_command_;
  pid_t command_ = -1;
  pid_t agent_ = -1;
};

SshAgents::SshAgents(const std::map<std::string, SshSource>& sources,
                     store::Store& store,
                     const CancelToken& cancel)
    : sources_(sources), store_(store), cancel_(cancel) {}

SshAgents::~SshAgents() = default;

const Fd* SshAgents::find(const std::string& id) {
  const auto source = sources_.find(id);
  if (source == sources_.end()) return nullptr;
  const std::lock_guard lock(mutex_);
  auto known = sockets_.find(id);
  if (known == sockets_.end()) known = sockets_.emplace(id, open(id, source->second)).first;
  return &known->second;
}

Fd SshAgents::open(const std::string& id, const SshSource& source) {
  if (!source.socket.empty()) return open_file(source.socket, O_PATH);
  auto agent = std::make_unique<OwnAgent>(store_, required_program("ssh-agent"));
  for (const std::string& key : source.keys) {
    ProcessOptions add;
    add.argv = {required_program("ssh-add"), "-q", "-"};
    add.input = key.ends_with('\n') ? key : key + "\n";
    add.environment = environment();
    add.directory = fd_path(agent->directory().get());
    const ProcessResult result = run_process(add, cancel_);
    if (result.exit_code == 0) continue;
    throw Error(ErrorKind::usage, "--ssh {}: a key was not accepted: {}", printable(id),
                printable(trim(result.err)))
        .with_hint("for a key with a passphrase start ssh-agent, ssh-add the key, and give --ssh " +
                   printable(id) + "=$SSH_AUTH_SOCK");
  }
  Fd socket = open_at(agent->directory().get(), kSocket, O_PATH | O_NOFOLLOW);
  own_.push_back(std::move(agent));
  return socket;
}

}  // namespace cbuild::ops
