// The program: finds the command, runs it, turns errors into messages and exit codes.
#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "cbuild/build/build_failed.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/log.h"
#include "config.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/dispatch.h"
#include "src/cli/error_text.h"
#include "src/cli/help.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

/// A file opened by chance as descriptor 0 to 2 would receive our messages. What was closed is
/// replaced by something that neither reads nor writes, so that a result that cannot be written is
/// still an error.
void occupy_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    (void)!::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

/// A reader that went away (EPIPE) and the limit of file sizes (EFBIG) are errors of write(2), not
/// our death. Not SIG_IGN: that would be inherited by the programs we start.
void survive_failing_writes() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGPIPE, SIGXFSZ})
    ::sigaction(number, &action, nullptr);
}

LogLevel level_of(const std::string& name) {
  if (name == "error") return LogLevel::error;
  if (name == "info") return LogLevel::info;
  if (name == "debug") return LogLevel::debug;
  return LogLevel::warning;
}

bool is_directory(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

int run_command(const Dispatch& wanted, Globals& globals, CancelToken& cancel) {
  const auto command = wanted.entry->make();
  Args args{std::string(wanted.entry->name), std::string(wanted.entry->summary)};
  command->declare(args);
  declare_globals(args, globals);
  args.parse(wanted.words);
  if (args.help_wanted()) {
    write_result(args.help());
    return 0;
  }
  set_log_level(level_of(globals.log_level));
  for (const std::string& warning : args.warnings())
    warn(warning);
  Session session(globals, cancel);
  return command->run(session);
}

int run(const std::vector<std::string>& words, Globals& globals) {
  const Dispatch wanted = dispatch(words, is_directory);
  switch (wanted.kind) {
    case Dispatch::Kind::overview:
      write_result(overview());
      return 0;
    case Dispatch::Kind::version:
      write_result("cbuild " CBUILD_VERSION "\n");
      return 0;
    case Dispatch::Kind::command:
      break;
  }
  // Lives as long as the process: a signal may come while errors are shown.
  static CancelToken& cancel = *new CancelToken;
  cancel_on_signals(cancel);
  return run_command(wanted, globals, cancel);
}

void show(const Error& error, const std::string& excerpt, const Globals& globals) {
  const bool color = use_color(globals.color, process_environment, ::isatty(STDERR_FILENO) == 1);
  write_to_stderr(error_text(error, excerpt, color));
}

int exit_code(const Error& error) {
  if (received_signal() != 0) return 128 + received_signal();
  return static_cast<int>(error.kind());
}

/// The reader of the result closed the pipe, as head(1) does: end by SIGPIPE, without a message.
void end_as_by_broken_pipe() {
  ::signal(SIGPIPE, SIG_DFL);
  ::raise(SIGPIPE);
}

int guarded(const std::vector<std::string>& words) {
  Globals globals;
  try {
    return run(words, globals);
  } catch (const build::BuildFailed& failure) {
    show(failure, failure.excerpt(), globals);
    return exit_code(failure);
  } catch (const SysError& error) {
    if (error.code() == EPIPE) end_as_by_broken_pipe();
    const bool interrupted = error.code() == EINTR && received_signal() != 0;
    show(interrupted ? Interrupted() : Error(error), "", globals);
    return exit_code(error);
  } catch (const Error& error) {
    show(error, "", globals);
    return exit_code(error);
  } catch (const std::bad_alloc&) {
    write_to_stderr("cbuild: out of memory\n");
  } catch (const std::system_error& error) {  // of the standard library's threads
    show(SysError::from_code(error.code().value(), "start a thread"), "", globals);
  } catch (const std::exception& error) {
    show(Error("{} (this is a bug in cbuild)", error.what()), "", globals);
  }
  return static_cast<int>(ErrorKind::machine);
}

/// A stack of hundreds of layers has that many directories. Steps get limits of their own.
void raise_descriptor_limit() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

}  // namespace cbuild::cli

int main(int argc, char** argv) {
  cbuild::cli::occupy_standard_streams();
  cbuild::cli::survive_failing_writes();
  cbuild::cli::raise_descriptor_limit();
  const int first = argc > 0 ? 1 : 0;
  return cbuild::cli::guarded({argv + first, argv + argc});
}
