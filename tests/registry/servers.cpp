// Servers of the registry tests; see servers.h.
#include "tests/registry/servers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <thread>

#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/process.h"

extern char** environ;

namespace cbuild::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts(std::uint16_t port) {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void run(const std::vector<std::string>& argv) {
  const CancelToken cancel;
  const ProcessResult result = run_process(
      {.argv = argv, .input = {}, .environment = std::nullopt, .directory = {}}, cancel);
  if (result.exit_code != 0) throw Error("{}: {}", argv[0], result.err);
}

}  // namespace

TempDirectory::TempDirectory() {
  const char* base = ::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): before any thread
  path_ = std::string(base != nullptr ? base : "/tmp") + "/cbuild-registry-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) throw SysError("mkdtemp");
}

TempDirectory::~TempDirectory() {
  try {
    remove_tree(AT_FDCWD, path_);
  } catch (const Error&) {  // a server may still be writing
  }
}

Server::Server(const std::vector<std::string>& argv, std::uint16_t port, const std::string& log) {
  std::vector<char*> words;
  for (const std::string& word : argv)
    words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int code = ::posix_spawnp(&pid_, words[0], &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) throw SysError::from_code(code, argv[0]);
  for (int i = 0; i < 200; ++i) {
    if (accepts(port)) return;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw Error("{} does not listen: {}", argv[0], read_file(log));
}

Server::~Server() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::uint16_t free_port() {
  std::random_device random;
  // Below the range that connections take their own ports from (ip_local_port_range): none of a
  // test beside this one can take the port before the server has it.
  std::uniform_int_distribution<int> any(12000, 31999);
  for (int i = 0; i < 1000; ++i) {
    const auto port = static_cast<std::uint16_t>(any(random));
    const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return port;
  }
  throw Error("no free port between 12000 and 31999");
}

DockerRegistry::DockerRegistry(const RegistryOptions& options)
    : port_(free_port()), server_(prepare(options), port_, directory_.path() + "/log") {}

std::vector<std::string> DockerRegistry::prepare(const RegistryOptions& options) {
  const std::string& path = directory_.path();
  std::string config = fmt::format(
      "version: 0.1\nlog: {{accesslog: {{disabled: true}}, level: error}}\n"
      "storage: {{filesystem: {{rootdirectory: {}/data}}}}\n",
      path);
  std::string http = fmt::format("addr: \"127.0.0.1:{}\"", port_);
  if (options.tls) {
    run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path + "/key.pem",
         "-out", ca_file(), "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1,DNS:localhost"});
    http += fmt::format(", tls: {{certificate: {0}/cert.pem, key: {0}/key.pem}}", path);
  }
  if (options.htpasswd) {
    // bcrypt of "p"
    write_file_atomically(path + "/htpasswd",
                          "u:$2y$05$A.vXU77h4G0Zms4Sg.sIae9P7PthHn/wNc0TgZQne3GUmbC0EkE/a\n");
    config += fmt::format("auth: {{htpasswd: {{realm: test, path: {}/htpasswd}}}}\n", path);
  }
  config += fmt::format("http: {{{}}}\n", http);
  write_file_atomically(path + "/registry.yml", config);
  return {"docker-registry", "serve", path + "/registry.yml"};
}

HostileRegistry::HostileRegistry()
    : port_(free_port()),
      twin_port_(free_port()),
      server_({"/usr/bin/python3", ::getenv("CBUILD_HOSTILE_REGISTRY"),  // NOLINT
               std::to_string(port_), std::to_string(twin_port_), directory_.path() + "/requests"},
              port_,
              directory_.path() + "/log") {}

std::string HostileRegistry::log() const {
  return read_file_if_exists(directory_.path() + "/requests").value_or("");
}

}  // namespace cbuild::test
