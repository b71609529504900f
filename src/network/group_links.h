// The kernel's side of a group's networks: bridges, cables, rules.
#pragma once

#include <string>
#include <vector>

#include "cbuild/network/bridge.h"
#include "src/network/border_sockets.h"
#include "src/network/link_remover.h"
#include "src/network/netlink.h"

namespace cbuild::network {

struct BridgeRules;

/// Changes the network namespace of the thread that made it. Not thread-safe.
class GroupLinks {
 public:
  /// Makes this thread's namespace that of a group: all foreign addresses lead to loopback, where
  /// the border takes them. @throws SysError
  GroupLinks();

  /// @return the index of the bridge, which is up and has the gateway's address
  /// @throws SysError naming the module that the kernel lacks; nothing is left then
  unsigned add_bridge(const Bridge& bridge);

  /// Lays a cable from a bridge into the namespace of a container, and sets its end up.
  /// @return the index of the end that is on the bridge. @throws SysError; nothing is left then
  unsigned plug(const Bridge& bridge, unsigned link, const Attachment& attachment);

  /// One that is gone is ignored, here and below.
  void remove_bridge(unsigned link) noexcept;

  /// Nothing passes the cable any more when it returns; both ends are removed soon after.
  void unplug(unsigned cable) noexcept;

  void set_rules(const std::vector<BridgeRules>& rules);

  const BorderSockets& border() const noexcept { return border_; }

 private:
  void make_link(const NetlinkMessage& message, const char* module, const std::string& name);

  NetlinkSocket route_;
  NetlinkSocket filter_;
  BorderSockets border_;
  LinkRemover remover_;
  unsigned last_cable_ = 0;
};

}  // namespace cbuild::network
