// Messages of DNS. What was read as a query has a failure that answers it, names of a group are
// answered with messages, and resolv.conf keeps its servers when it is written.
#include <algorithm>
#include <cstdlib>

#include "cbuild/network/private_network.h"
#include "src/network/dns_message.h"
#include "src/network/dns_reply.h"
#include "src/network/names.h"
#include "src/network/resolver_config.h"
#include "tests/unit/network/group_town.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbuild::network;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto message = parse_dns(bytes)) {
    const auto failure = DnsReply(bytes, *message, DnsCode::server_failure).take();
    const auto parsed = parse_dns(failure);
    if (!parsed || !answers(*parsed, *message)) std::abort();
  }
  static Town town;
  static Names names(town.table);
  if (const auto response = names.answer(address("10.89.0.2"), bytes, DnsReply::kMostByUdp)) {
    const auto parsed = parse_dns(*response);
    if (!parsed || !answers(*parsed, parse_dns(bytes).value())) std::abort();
    if (response->size() > std::max(DnsReply::kMostByUdp, bytes.size())) std::abort();
  }
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_resolv_conf(with_servers(text, {"192.0.2.1"}));
  if (config.servers.size() != 1) std::abort();
  return 0;
}
