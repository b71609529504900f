// Helper programs of the host; see process.h.
#include "cbuild/util/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "cbuild/util/error.h"
#include "cbuild/util/io.h"
#include "cbuild/util/text.h"

extern char** environ;

namespace cbuild {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSilenceStep{1000};

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw SysError("pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

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
  Child(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}

  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  ~Child() {
    if (pid_ <= 0) return;
    ::kill(own_group_ ? -pid_ : pid_, SIGKILL);
    wait();
  }

  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
  bool own_group_;
};

pid_t spawn(const ProcessOptions& options, const Pipe& in, const Pipe& out, const Pipe& err) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.read.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.write.get(), 2);
  if (!options.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
  }
  std::vector<char*> argv = pointers(options.argv);
  std::vector<char*> environment;
  if (options.environment) environment = pointers(*options.environment);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  if (options.own_group) ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int code = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(),
                                  options.environment ? environment.data() : environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw SysError::from_code(code, fmt::format("run {}", options.argv[0]));
  return pid;
}

/// Moves what is readable into `text`; closes the descriptor at the end of the stream.
void drain(Fd& fd, std::string& text, std::uint64_t limit, const std::string& name) {
  std::array<char, 16384> buffer;
  const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) {
    fd = Fd();
    return;
  }
  text.append(buffer.data(), static_cast<std::size_t>(count));
  if (text.size() > limit) throw Error("{} wrote more than {} bytes", name, limit);
}

}  // namespace

ProcessResult run_process(const ProcessOptions& options, const CancelToken& cancel) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Child child(spawn(options, in, out, err), options.own_group);
  in.read = Fd();
  out.write = Fd();
  err.write = Fd();
  ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);

  ProcessResult result;
  std::string_view input = options.input;
  if (input.empty()) in.write = Fd();
  const auto deadline = Clock::now() + options.timeout;
  auto last_heard = Clock::now();
  while (out.read || err.read) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      throw Error("{} did not end within {} s", options.argv[0], options.timeout.count() / 1000);
    }
    std::array<pollfd, 4> polls{{{out.read.get(), POLLIN, 0},
                                 {err.read.get(), POLLIN, 0},
                                 {in.write.get(), POLLOUT, 0},
                                 {cancel.fd(), POLLIN, 0}}};
    const auto longest = options.on_silence ? std::min(left, kSilenceStep) : left;
    if (::poll(polls.data(), polls.size(), static_cast<int>(longest.count())) < 0 &&
        errno != EINTR) {
      throw SysError("poll");
    }
    cancel.check();
    if (polls[0].revents != 0 || polls[1].revents != 0) {
      last_heard = Clock::now();
    } else if (options.on_silence) {
      options.on_silence(
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - last_heard));
    }
    if (polls[0].revents != 0) drain(out.read, result.out, options.output_limit, options.argv[0]);
    if (polls[1].revents != 0) drain(err.read, result.err, options.output_limit, options.argv[0]);
    if (polls[2].revents != 0) {
      const ssize_t count = ::write(in.write.get(), input.data(), input.size());
      if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
      if (input.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) in.write = Fd();
    }
  }
  result.exit_code = child.wait();
  return result;
}

std::optional<std::string> find_program(const std::string& name) {
  const char* path = ::secure_getenv("PATH");
  for (const std::string& directory : split(path != nullptr ? path : "/usr/bin:/bin", ':')) {
    if (directory.empty()) continue;
    std::string candidate = directory + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace cbuild
