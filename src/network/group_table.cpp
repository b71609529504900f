// Decides who reaches what; see group_table.h.
#include "src/network/group_table.h"

#include <algorithm>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::network {

namespace {

constexpr std::size_t kLongestId = 12;  // with "br-" before it: IFNAMSIZ
constexpr unsigned kLeastMtu = 576;     // that every host of IPv4 takes
constexpr unsigned kMostMtu = 65535;

std::string name_of(const GroupTable::Member& member) {
  const auto& names = member.attachment.names;
  return names.empty() ? "another container" : printable(names.front());
}

bool is_hex(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

void GroupTable::check(const Bridge& bridge) const {
  const std::string name = printable(bridge.network);
  if (networks_.contains(bridge.network))
    throw Error(ErrorKind::usage, "network {} is there already", name);
  if (bridge.id.empty() || bridge.id.size() > kLongestId || !is_hex(bridge.id))
    throw Error("network {}: '{}' is no ID (want 12 hexadecimal digits)", name, bridge.id);
  if (bridge.subnet.address().is_v6() || !bridge.subnet.contains(bridge.gateway)) {
    throw Error(ErrorKind::usage, "network {}: the gateway {} is not in the subnet {}", name,
                bridge.gateway.address(), bridge.subnet.to_string());
  }
  if (bridge.mtu < kLeastMtu || bridge.mtu > kMostMtu) {
    throw Error(ErrorKind::usage, "network {}: an MTU of {} is not possible ({} to {})", name,
                bridge.mtu, kLeastMtu, kMostMtu);
  }
  for (const auto& [other, network] : networks_) {
    if (!network.bridge.subnet.overlaps(bridge.subnet)) continue;
    throw Error(ErrorKind::usage, "network {}: the subnet {} overlaps {} of network {}", name,
                bridge.subnet.to_string(), network.bridge.subnet.to_string(), printable(other));
  }
}

void GroupTable::add(const Bridge& bridge, unsigned link) {
  networks_.emplace(bridge.network, Network{bridge, link});
}

GroupTable::Network GroupTable::remove(const std::string& name) {
  Network removed = network(name);
  for (const auto& [id, member] : members_) {
    if (member.attachment.network == name)
      throw Error("network {} is in use by {}", printable(name), name_of(member));
  }
  networks_.erase(name);
  return removed;
}

const GroupTable::Network& GroupTable::network(const std::string& name) const {
  const auto found = networks_.find(name);
  if (found == networks_.end())
    throw Error(ErrorKind::usage, "network {} not found", printable(name));
  return found->second;
}

void GroupTable::check(const Attachment& attachment) const {
  const Bridge& bridge = network(attachment.network).bridge;
  const std::string address = attachment.address.address();
  if (!bridge.subnet.contains(attachment.address)) {
    throw Error(ErrorKind::usage, "address {} is not in the subnet {} of network {}", address,
                bridge.subnet.to_string(), printable(bridge.network));
  }
  if (attachment.address.with_port(0) == bridge.gateway.with_port(0)) {
    throw Error(ErrorKind::usage, "address {} is the gateway of network {}", address,
                printable(bridge.network));
  }
  if (const Member* user = find(attachment.address)) {
    throw Error(ErrorKind::usage, "address {} of network {} is already in use by {}", address,
                printable(bridge.network), name_of(*user));
  }
}

Attachment::Id GroupTable::add(Member member) {
  const auto id = Attachment::Id{++last_id_};
  members_.emplace(id, std::move(member));
  return id;
}

std::optional<GroupTable::Member> GroupTable::remove(Attachment::Id id) {
  auto node = members_.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

const GroupTable::Member* GroupTable::find(const Endpoint& address) const noexcept {
  for (const auto& [id, member] : members_) {
    if (member.attachment.address.with_port(0) == address.with_port(0)) return &member;
  }
  return nullptr;
}

std::optional<Endpoint> GroupTable::target_of(const Endpoint& asker, const Endpoint& asked) const {
  const Member* const member = find(asker);
  if (member == nullptr) return std::nullopt;
  const Bridge& bridge = network(member->attachment.network).bridge;
  if (bridge.internal) return std::nullopt;
  if (asked.with_port(0) == bridge.gateway.with_port(0)) {
    if (!member->attachment.host_gateway) return std::nullopt;
    return loopback_v4(asked.port());
  }
  const auto contains = [&](const auto& entry) {
    return entry.second.bridge.subnet.contains(asked);
  };
  if (std::ranges::any_of(networks_, contains) || !is_reachable(asked)) return std::nullopt;
  return asked;
}

std::optional<PublicationRoute> GroupTable::route_to(const Endpoint& target) const {
  const Member* const member = find(target);
  if (member == nullptr) return std::nullopt;
  const bool is_internal = network(member->attachment.network).bridge.internal;
  PublicationRoute route{.target = target,
                         .keeps_client = member->attachment.default_route && !is_internal,
                         .subnets = {}};
  for (const auto& [name, network] : networks_)
    route.subnets.push_back(network.bridge.subnet);
  return route;
}

std::vector<BridgeRules> GroupTable::rules() const {
  std::vector<BridgeRules> rules;
  for (const auto& [name, network] : networks_) {
    const Bridge& bridge = network.bridge;
    BridgeRules& added = rules.emplace_back();
    added.link = network.link;
    added.gateway = bridge.gateway;
    added.internal = bridge.internal;
    for (const auto& [id, member] : members_) {
      const Attachment& attachment = member.attachment;
      if (attachment.network == name && attachment.host_gateway && !bridge.internal)
        added.gateway_users.push_back(attachment.address);
    }
  }
  return rules;
}

}  // namespace cbuild::network
