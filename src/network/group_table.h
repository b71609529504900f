// Who is in which network of a group, and what follows from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/network/bridge.h"
#include "src/network/rules.h"

namespace cbuild::network {

/// How a published port reaches its container.
struct PublicationRoute {
  Endpoint target;
  bool keeps_client = false;    ///< the container's answers to any address come back
  std::vector<Subnet> subnets;  ///< of the group: addresses that no client may be seen with
};

/// Plans and decides; changes nothing but itself. Not thread-safe.
class GroupTable {
 public:
  struct Network {
    Bridge bridge;
    unsigned link = 0;  ///< index of the bridge
  };

  struct Member {
    Attachment attachment;
    std::uint64_t container = 0;  ///< equal for all attachments of one container
    unsigned link = 0;            ///< index of the end that is on the bridge
  };

  const std::map<std::string, Network>& networks() const noexcept { return networks_; }

  const std::map<Attachment::Id, Member>& members() const noexcept { return members_; }

  /// @throws Error (usage) that says why this bridge cannot be
  void check(const Bridge& bridge) const;
  /// @pre check() did not throw
  void add(const Bridge& bridge, unsigned link);
  /// @throws Error when there is no such network, or somebody is in it
  Network remove(const std::string& name);

  /// @throws Error (usage) that says why it cannot be
  void check(const Attachment& attachment) const;
  /// @pre check() did not throw
  Attachment::Id add(Member member);
  /// Absent when there is none.
  std::optional<Member> remove(Attachment::Id id);

  /// The network of that name. @throws Error (usage)
  const Network& network(const std::string& name) const;

  /// Who has this address; null when nobody has it. The port is ignored.
  const Member* find(const Endpoint& address) const noexcept;

  /// What a container is connected to that asks for `asked`; absent when it must not reach it.
  std::optional<Endpoint> target_of(const Endpoint& asker, const Endpoint& asked) const;

  /// Absent when nobody has the target's address.
  std::optional<PublicationRoute> route_to(const Endpoint& target) const;

  /// For group_rules().
  std::vector<BridgeRules> rules() const;

 private:
  std::map<std::string, Network> networks_;
  std::map<Attachment::Id, Member> members_;
  std::uint64_t last_id_ = 0;
};

}  // namespace cbuild::network
