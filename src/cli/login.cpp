// cbuild login and logout: credentials for a registry.
#include <fmt/core.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "cbuild/registry/credential_files.h"
#include "cbuild/registry/registry.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

constexpr std::size_t kMaxSecret = 64 * 1024;
constexpr Args::Foreign kForeign[] = {
    {"-p", "use --password-stdin"},
    {"--password", "use --password-stdin"},
};

/// Turns the echo of a terminal off; on again at the end, whatever happens.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd) {
    if (::tcgetattr(fd_, &former_) != 0) throw SysError("read the state of the terminal");
    termios silent = former_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd_, TCSAFLUSH, &silent);
  }

  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

  ~EchoOff() { ::tcsetattr(fd_, TCSAFLUSH, &former_); }

 private:
  int fd_;
  termios former_{};
};

/// One line of stdin without its end; Ctrl-C ends the wait.
std::string read_line(const CancelToken& cancel) {
  std::string line;
  for (;;) {
    pollfd waits[] = {{STDIN_FILENO, POLLIN, 0}, {cancel.fd(), POLLIN, 0}};
    const int ready = ::poll(waits, 2, -1);
    cancel.check();
    if (ready < 0) continue;
    char c = 0;
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0) throw SysError("read standard input");
    if (count == 0 || c == '\n') break;
    if (line.size() >= kMaxSecret) throw Error(ErrorKind::usage, "the line is too long");
    line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string ask(const std::string& question, bool secret, const CancelToken& cancel) {
  if (::isatty(STDIN_FILENO) != 1) {
    Error error(ErrorKind::usage, "cannot ask for {}: standard input is not a terminal",
                secret ? "a password" : "a user name");
    error.with_hint("use --username USER --password-stdin");
    throw error;
  }
  write_to_stderr(question);
  if (!secret) return read_line(cancel);
  std::string answer;
  {
    const EchoOff quiet(STDIN_FILENO);
    answer = read_line(cancel);
  }
  write_to_stderr("\n");
  return answer;
}

std::string password_from_stdin() {
  SharedSource input(duplicate_of_stdin(), "standard input");
  std::string password = read_all(input, kMaxSecret);
  while (password.ends_with('\n') || password.ends_with('\r'))
    password.pop_back();
  return password;
}

class Login final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Checks the credentials with the registry, then stores them where docker does: "
        "$DOCKER_CONFIG/config.json, else ~/.docker/config.json, or the credential helper named "
        "there. cbuild asks for the password without echo; the command line never contains it, "
        "because every user of this machine can read that.");
    args.positional("REGISTRY", registry_, "Host[:port] (default: docker.io)",
                    Args::Need::optional);
    args.option("-u,--username", user_, "USER", "User name (default: cbuild asks for it)");
    args.flag("--password-stdin", password_stdin_, "Read the password from standard input");
    args.foreign(kForeign);
    args.example("cbuild login", "Docker Hub; asks for name and password");
    args.example("cbuild login -u ci --password-stdin localhost:5000 < token", "in a script");
  }

  int run(Session& session) override {
    if (registry_.empty()) registry_ = "docker.io";
    if (password_stdin_ && user_.empty()) {
      throw Error(ErrorKind::usage, "--password-stdin needs --username");
    }
    registry::Credentials credentials;
    credentials.user = user_.empty() ? ask("User name: ", false, session.cancel()) : user_;
    credentials.password =
        password_stdin_ ? password_from_stdin() : ask("Password: ", true, session.cancel());
    if (credentials.user.empty()) throw Error(ErrorKind::usage, "the user name is empty");
    if (credentials.password.empty()) throw Error(ErrorKind::usage, "the password is empty");
    session.registry().check_login(registry_, credentials);
    registry::store_credentials(registry::CredentialPaths::from_environment(), registry_,
                                credentials, session.cancel());
    if (!session.globals().quiet) write_result("Login Succeeded\n");
    return 0;
  }

 private:
  std::string registry_;
  std::string user_;
  bool password_stdin_ = false;
};

class Logout final : public Command {
 public:
  void declare(Args& args) override {
    args.positional("REGISTRY", registry_, "Host[:port] (default: docker.io)",
                    Args::Need::optional);
    args.example("cbuild logout", "Docker Hub");
    args.example("cbuild logout localhost:5000", "another registry");
  }

  int run(Session& session) override {
    if (registry_.empty()) registry_ = "docker.io";
    const bool erased = registry::erase_credentials(registry::CredentialPaths::from_environment(),
                                                    registry_, session.cancel());
    if (!session.globals().quiet) {
      write_result(erased ? fmt::format("Removed the credentials for {}\n", printable(registry_))
                          : fmt::format("Not logged in to {}\n", printable(registry_)));
    }
    return 0;
  }

 private:
  std::string registry_;
};

}  // namespace

std::unique_ptr<Command> make_login() {
  return std::make_unique<Login>();
}

std::unique_ptr<Command> make_logout() {
  return std::make_unique<Logout>();
}

}  // namespace cbuild::cli
