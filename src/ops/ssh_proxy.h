// A proxy between a step and an ssh agent: a socket that only the step sees, and only requests that
// use keys.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <thread>

#include "cbuild/util/fd.h"

namespace cbuild::ops {

/// Mode and owner of the socket.
struct SocketLook {
  std::uint32_t mode = 0600;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

/// Forwards requests of a step to an agent as long as it lives. The agent sees this process, not
/// one with the ids of a step. Keys can be listed and used; requests to add, remove or lock them
/// are answered with a failure, as in BuildKit. Protocol: draft-miller-ssh-agent.
class SshProxy {
 public:
  /// @param directory  where the socket is made, by the name `name`
  /// @param agent      socket of the agent (O_PATH); borrowed
  SshProxy(const Fd& directory, const std::string& name, const SocketLook& look, const Fd& agent);
  SshProxy(const SshProxy&) = delete;
  SshProxy& operator=(const SshProxy&) = delete;
  ~SshProxy();

  /// The socket (O_PATH), to be mounted.
  const Fd& socket() const noexcept { return socket_; }

 private:
  struct Connection {
    std::atomic<bool> over{false};
    std::thread thread;
  };

  void accept_all();
  void begin_connection(Fd client);
  void forget_old_connections();
  void serve(const Fd& client) const;

  const Fd& agent_;
  Fd stop_;  ///< readable when all is over
  Fd listener_;
  Fd socket_;
  std::list<Connection> connections_;
  std::thread accepting_;
};

/// Whether a request of this type reads or uses keys, and changes nothing.
bool may_ask_agent(unsigned char type) noexcept;

/// A stream socket connected to the socket behind `socket` (O_PATH), however long its path is.
/// @throws SysError
Fd connect_to(const Fd& socket);

}  // namespace cbuild::ops
