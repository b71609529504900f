// Answers queries for names of containers; see names.h.
#include "src/network/names.h"

#include <algorithm>
#include <set>

#include "cbuild/util/text.h"
#include "src/network/dns_message.h"
#include "src/network/dns_reply.h"
#include "src/network/dns_types.h"
#include "src/network/group_table.h"

namespace cbuild::network {

using Member = GroupTable::Member;

namespace {

constexpr std::string_view kReverse = ".in-addr.arpa";

/// The address that a name like "2.0.89.10.in-addr.arpa" asks for.
std::optional<Endpoint> reversed(std::string_view name) {
  if (!name.ends_with(kReverse)) return std::nullopt;
  std::vector<std::string> bytes = split(name.substr(0, name.size() - kReverse.size()), '.');
  std::ranges::reverse(bytes);
  return Endpoint::parse(join(bytes, "."), 0);
}

/// `name` without ".network" at its end; absent when it ends otherwise.
std::optional<std::string_view> without_network(std::string_view name, std::string_view network) {
  if (name.size() <= network.size() + 1) return std::nullopt;
  const std::size_t dot = name.size() - network.size() - 1;
  if (name[dot] != '.' || !equals_ignoring_case(name.substr(dot + 1), network)) return std::nullopt;
  return name.substr(0, dot);
}

bool is_called(const Member& member, std::string_view name) {
  return std::ranges::any_of(member.attachment.names, [name](const std::string& own) {
    return equals_ignoring_case(own, name);
  });
}

}  // namespace

/// One query, and what its asker sees.
struct Names::Query {
  std::span<const std::byte> bytes;
  DnsMessage parsed;
  DnsQuestion question;
  std::size_t limit;
  std::set<std::string> networks;
  bool has_way_out = false;

  DnsReply reply(DnsCode code) const { return {bytes, parsed, code, limit}; }

  std::vector<std::byte> fail(DnsCode code) const { return reply(code).take(); }
};

/// Of the containers of this name, in the order of the table.
std::vector<Endpoint> Names::addresses_of(const Query& query) const {
  std::vector<Endpoint> addresses;
  for (const auto& [id, member] : table_.members()) {
    const std::string& network = member.attachment.network;
    if (!query.networks.contains(network)) continue;
    const auto rest = without_network(query.question.name, network);
    if (is_called(member, query.question.name) || (rest && is_called(member, *rest)))
      addresses.push_back(member.attachment.address);
  }
  return addresses;
}

Names::Answer Names::answer_name(const Query& query) {
  std::vector<Endpoint> addresses = addresses_of(query);
  if (addresses.empty()) return std::nullopt;
  DnsReply reply = query.reply(DnsCode::ok);
  if (query.question.type == kDnsA) {
    const auto first = static_cast<std::ptrdiff_t>(turn_++ % addresses.size());
    std::rotate(addresses.begin(), addresses.begin() + first, addresses.end());
    for (const Endpoint& address : addresses)
      reply.add_address(address);
  }
  return std::move(reply).take();
}

Names::Answer Names::answer_pointer(const Query& query) const {
  const auto address = reversed(query.question.name);
  if (!address) return std::nullopt;
  const Member* const owner = table_.find(*address);
  if (owner != nullptr && query.networks.contains(owner->attachment.network)) {
    DnsReply reply = query.reply(DnsCode::ok);
    const auto& names = owner->attachment.names;
    if (query.question.type == kDnsPtr && !names.empty())
      reply.add_pointer(names.front() + "." + owner->attachment.network);
    return std::move(reply).take();
  }
  const auto contains = [&](const auto& entry) {
    return entry.second.bridge.subnet.contains(*address);
  };
  if (std::ranges::none_of(table_.networks(), contains)) return std::nullopt;
  return query.fail(DnsCode::no_such_name);
}

void Names::look_around(const Member& asker, Query& query) const {
  for (const auto& [id, member] : table_.members()) {
    if (member.container != asker.container) continue;
    const std::string& network = member.attachment.network;
    query.networks.insert(network);
    query.has_way_out |= !table_.network(network).bridge.internal;
  }
}

Names::Answer Names::answer(const Endpoint& asker,
                            std::span<const std::byte> bytes,
                            std::size_t limit) {
  const auto parsed = parse_dns(bytes);
  if (!parsed || parsed->is_response) return std::nullopt;
  Query query{.bytes = bytes, .parsed = *parsed, .question = {}, .limit = limit, .networks = {}};
  const Member* const member = table_.find(asker);
  if (member == nullptr) return query.fail(DnsCode::refused);
  look_around(*member, query);

  const auto question = question_of(*parsed);
  if (question && question->network_class == kDnsInternet) {
    query.question = *question;
    if (auto found = answer_name(query)) return found;
    if (auto found = answer_pointer(query)) return found;
  }
  const bool is_single =
      question && !question->name.empty() && question->name.find('.') == std::string::npos;
  if (is_single || !query.has_way_out) return query.fail(DnsCode::no_such_name);
  return std::nullopt;
}

}  // namespace cbuild::network
