// The networks of a group of containers: bridges, names, published ports, and the way out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cbuild/network/bridge.h"
#include "cbuild/network/port_spec.h"
#include "cbuild/util/fd.h"

namespace cbuild {
class EventLoop;
}

namespace cbuild::network {

/// A network namespace with a bridge for each network. Packets between containers of one network
/// stay in the kernel; networks are apart. At the border there are sockets, not packets: what a
/// container opens to the outside is opened anew by this process on the host's side, and what a
/// client opens to a published port is opened anew inside. IPv4 inside; published ports take IPv6
/// clients, too.
///
/// Not reachable from a container: the host's loopback (see Attachment::host_gateway), link-local
/// addresses and other metadata services (see is_reachable()), addresses of other networks of the
/// group. ICMP and raw IP do not get out. A connection that the outside refuses is reset.
///
/// Threads: all functions are called on the thread of the host's loop, and that thread serves what
/// gets out and the names. One thread in the namespace serves published ports; calls wait for it
/// where they need the kernel's answer, some milliseconds at most on a busy machine. Nothing polls:
/// without traffic neither thread wakes up. Raises this process's soft limit of descriptors.
class GroupNetwork {
 public:
  struct Options {
    std::string resolv_conf = {};           ///< of the host: resolv.conf(5)
    std::vector<std::string> servers = {};  ///< addresses of DNS servers instead of its ones
  };

  enum class PublicationId : std::uint64_t {};

  /// @param host  the loop of the calling thread, which has the host's network; outlives this
  /// @pre this process is root in a user namespace
  /// @throws Error naming what this machine lacks
  GroupNetwork(EventLoop& host, const Options& options);
  GroupNetwork(const GroupNetwork&) = delete;
  GroupNetwork& operator=(const GroupNetwork&) = delete;
  /// Connections that are open are reset. Namespaces of containers stay, without their links.
  ~GroupNetwork();

  /// @throws Error (usage) for a name or a subnet that a bridge has; SysError naming the module
  /// that the kernel lacks
  void add_bridge(const Bridge& bridge);
  /// @throws Error when there is none, or containers are attached to it
  void remove_bridge(const std::string& network);

  /// A network namespace for one container: loopback is up, low ports and ping(8) are for everybody
  /// where the kernel lets them. @throws SysError
  static Fd make_namespace();

  /// Plugs a container in: interface, address, default route, names.
  /// @throws Error (usage) for an unknown network, and for an address that is not of its subnet or
  /// in use, which names the user; SysError
  Attachment::Id attach(const Attachment& attachment);
  /// The address and the names are free when it returns. Connections from published ports to the
  /// container are reset. Does not wait for the kernel. An unknown ID is ignored.
  void detach(Attachment::Id id) noexcept;

  /// Serves a socket of bind_port() (its protocol has to be the target's) until unpublish().
  /// Clients are seen with their own address, where the container's default route is by the
  /// target's network; else, and from loopback or by IPv6, they are seen as the gateway. While no
  /// container is attached that has the target's address, connections are reset.
  /// @param target  address and port of a container. @throws SysError
  PublicationId publish(Fd listener, Protocol protocol, const Endpoint& target);
  /// New connections go to another target; UDP does at once.
  void retarget(PublicationId id, const Endpoint& target);
  /// Closes the socket, and resets its connections. An unknown ID is ignored.
  void unpublish(PublicationId id) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cbuild::network
