// Helper programs of the host; see process.h.
#include "cbuild/util/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/pipe.h"
#include "cbuild/util/text.h"

extern char** environ;

namespace cbuild {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSilenceStep{1000};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words)
    result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Kills and reaps the child unless it has been waited for.
class Child {
 public:
  Child(pid_t pid, bool own_group)
      : pid_(pid),
        own_group_(own_group),
        pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    if (!pidfd_) fail();
  }

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  ~Child() {
    if (pid_ > 0) kill_and_reap();
  }

  /// Becomes readable when it has ended.
  int fd() const { return pidfd_.get(); }

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  [[noreturn]] void fail() {
    const SysError error("watch a process");
    kill_and_reap();
    throw SysError(error);
  }

  void kill_and_reap() {
    ::kill(own_group_ ? -pid_ : pid_, SIGKILL);
    wait();
  }

  pid_t pid_;
  bool own_group_;
  Fd pidfd_;
};

/// posix_spawnp(3) reports EACCES for a missing program when PATH names a directory that the user
/// may not search.
std::string path_of(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const auto found = find_program(name);
  if (!found) throw SysError::from_code(ENOENT, fmt::format("run {}", name));
  return *found;
}

pid_t spawn(const ProcessOptions& options, const Pipe& in, const Pipe& out, const Pipe& err) {
  // All that may throw comes before the two objects of posix_spawn(3), which must be destroyed.
  const std::string program = path_of(options.argv[0]);
  std::vector<char*> argv = pointers(options.argv);
  std::vector<char*> environment;
  if (options.environment) environment = pointers(*options.environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.read.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.write.get(), 2);
  if (!options.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  if (options.own_group) ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int code = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(),
                                 options.environment ? environment.data() : environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw SysError::from_code(code, fmt::format("run {}", options.argv[0]));
  return pid;
}

/// One output of the child, as far as it was read.
struct Output {
  Fd fd;
  std::string text;
};

/// Moves what is there into the text; closes the descriptor at the end of the stream.
void drain(Output& output, const ProcessOptions& options) {
  std::array<char, 16384> buffer;
  while (output.fd) {
    const ssize_t count = ::read(output.fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      output.fd = Fd();
      return;
    }
    output.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (output.text.size() > options.output_limit) {
      throw Error("{} wrote more than {} bytes", options.argv[0], options.output_limit);
    }
  }
}

/// Writes what the child takes; closes the descriptor when that was all, or it wants no more.
void feed(Fd& fd, std::string_view& input) {
  const ssize_t count = ::write(fd.get(), input.data(), input.size());
  if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
  if (input.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) fd = Fd();
}

void set_nonblocking(const Fd& fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw SysError("fcntl");
}

}  // namespace

ProcessResult run_process(const ProcessOptions& options, const CancelToken& cancel) {
  Pipe in = make_pipe();
  Pipe out_pipe = make_pipe();
  Pipe err_pipe = make_pipe();
  Child child(spawn(options, in, out_pipe, err_pipe), options.own_group);
  in.read = Fd();
  out_pipe.write = Fd();
  err_pipe.write = Fd();
  for (const Fd* fd : {&in.write, &out_pipe.read, &err_pipe.read})
    set_nonblocking(*fd);
  Output out{std::move(out_pipe.read), {}};
  Output err{std::move(err_pipe.read), {}};

  std::string_view input = options.input;
  if (input.empty()) in.write = Fd();
  const auto deadline = Clock::now() + options.timeout;
  auto last_heard = Clock::now();
  for (bool ended = false; !ended;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      throw Error("{} did not end within {} s", options.argv[0], options.timeout.count() / 1000);
    }
    std::array<pollfd, 5> polls{{{child.fd(), POLLIN, 0},
                                 {out.fd.get(), POLLIN, 0},
                                 {err.fd.get(), POLLIN, 0},
                                 {in.write.get(), POLLOUT, 0},
                                 {cancel.fd(), POLLIN, 0}}};
    const auto longest = options.on_silence ? std::min(left, kSilenceStep) : left;
    if (::poll(polls.data(), polls.size(), static_cast<int>(longest.count())) < 0 &&
        errno != EINTR) {
      throw SysError("poll");
    }
    cancel.check();
    if (polls[1].revents != 0 || polls[2].revents != 0) {
      last_heard = Clock::now();
    } else if (options.on_silence) {
      options.on_silence(
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last_heard));
    }
    ended = polls[0].revents != 0;
    drain(out, options);
    drain(err, options);
    if (polls[3].revents != 0) feed(in.write, input);
  }
  return {child.wait(), std::move(out.text), std::move(err.text)};
}

std::optional<std::string> find_program(const std::string& name) {
  const char* path = ::secure_getenv("PATH");
  for (const std::string& directory : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    if (!directory.starts_with('/')) continue;
    std::string candidate = directory + "/" + name;

    struct stat status {};

    const bool is_file = ::stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode);
    if (is_file && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace cbuild
