// Secrets, agents, hosts and limits for RUN steps. Not part of any cache key: a change of them runs
// no step again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/sandbox/limits.h"

namespace cbuild::ops {

/// An ssh agent, or private keys: an agent for them is started when a step asks for it.
struct SshSource {
  std::string socket;             ///< absolute path of an agent's socket; empty = the keys below
  std::vector<std::string> keys;  ///< private keys: the contents of their files
  friend bool operator==(const SshSource&, const SshSource&) = default;
};

/// The address of a HostEntry that means this machine, as steps see it.
inline constexpr const char* kHostGateway = "host-gateway";

struct HostEntry {
  std::string name;
  std::string address;  ///< or kHostGateway
  friend bool operator==(const HostEntry&, const HostEntry&) = default;
};

struct RunSettings {
  std::map<std::string, std::string> secrets;  ///< their values by id
  std::map<std::string, SshSource> ssh;        ///< by id
  std::vector<HostEntry> hosts;                ///< further lines of /etc/hosts
  std::vector<std::string> dns_servers;        ///< addresses; empty = those of this machine
  /// A step that wants the network of the build fails where there can be none, instead of using
  /// that of this machine.
  bool strict_network = false;
  std::optional<std::uint64_t> shm_size;       ///< bytes of /dev/shm; absent = the default
  std::vector<sandbox::ResourceLimit> limits;  ///< of each process
  sandbox::GroupLimits group_limits;           ///< of all processes of a step together
  /// HTTP_PROXY and its relatives by their upper-case names. A step gets each in both spellings,
  /// unless ENV, ARG or --build-arg sets it.
  std::map<std::string, std::string> proxies;
  friend bool operator==(const RunSettings&, const RunSettings&) = default;
};

}  // namespace cbuild::ops
