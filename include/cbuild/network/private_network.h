// A private network for the steps of a build: loopback, and the outside through this process.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::network {

struct PrivateNetworkOptions {
  std::string resolv_conf;           ///< of the host: resolv.conf(5)
  std::vector<std::string> servers;  ///< addresses of DNS servers to be asked instead of its ones
  bool host_gateway = false;         ///< an address inside stands for loopback of the host
};

/// A network namespace of its own. TCP connections and datagrams to the outside go through sockets
/// of this process: neither a tun device nor a helper program is needed. Not reachable: the host's
/// loopback and abstract unix sockets, link-local addresses (metadata of a cloud). Raw IP and ICMP
/// do not pass. One thread serves it until the destructor. Thread-safe.
class PrivateNetwork {
 public:
  /// @pre this process is root in a user namespace
  /// @throws Error naming what this machine lacks
  explicit PrivateNetwork(PrivateNetworkOptions options);
  PrivateNetwork(const PrivateNetwork&) = delete;
  PrivateNetwork& operator=(const PrivateNetwork&) = delete;
  /// Connections that are open are reset.
  ~PrivateNetwork();

  /// Of the namespace, for setns(2).
  int namespace_fd() const noexcept;

  /// The address that stands for loopback of the host; empty when none was asked for.
  std::string host_gateway() const;

  /// The resolv.conf for programs in it: they ask the resolver in the namespace.
  const std::string& resolv_conf() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The text of a resolv.conf(5) with these addresses of DNS servers in place of its own: search list
/// and options stay. Pure.
std::string with_servers(std::string_view content, const std::vector<std::string>& servers);

}  // namespace cbuild::network
