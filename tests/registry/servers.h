// Servers on 127.0.0.1 that tests start and that end with them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cbuild::test {

/// A directory that is removed with everything in it.
class TempDirectory {
 public:
  TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A child process, killed at the end.
class Server {
 public:
  /// Starts `argv` and waits until `port` accepts connections (at most 10 s). Output goes to `log`.
  Server(const std::vector<std::string>& argv, std::uint16_t port, const std::string& log);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

 private:
  pid_t pid_ = 0;
};

/// A port of 127.0.0.1 that nobody listens on at the moment, and no connection takes as its own.
std::uint16_t free_port();

struct RegistryOptions {
  bool tls = false;
  bool htpasswd = false;  ///< user "u", password "p"
};

/// Debian's docker-registry with its storage in a temporary directory.
class DockerRegistry {
 public:
  explicit DockerRegistry(const RegistryOptions& options = {});

  /// "127.0.0.1:PORT".
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  /// The authority of the TLS certificate (PEM file).
  std::string ca_file() const { return directory_.path() + "/cert.pem"; }

  /// Its storage.
  std::string data() const { return directory_.path() + "/data"; }

 private:
  std::vector<std::string> prepare(const RegistryOptions& options);

  TempDirectory directory_;
  std::uint16_t port_;
  Server server_;
};

/// tests/registry/hostile_registry.py; see there for what each repository does.
class HostileRegistry {
 public:
  HostileRegistry();

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  /// What came in so far, one line a request: "PORT METHOD TARGET Authorization-or-dash".
  std::string log() const;

 private:
  TempDirectory directory_;
  std::uint16_t port_;
  std::uint16_t twin_port_;
  Server server_;
};

}  // namespace cbuild::test
