// Messages of DNS as a client writes and reads them, for tests. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::network {

/// A query for one name; `type`: 1 = A, 12 = PTR, 28 = AAAA.
std::string dns_query(std::string_view name, std::uint16_t type);

struct DnsResult {
  int code = -1;  ///< RCODE; -1 = no answer
  bool truncated = false;
  std::vector<std::string> data;  ///< "10.89.0.2", "name.network", in order
};

/// Of a well-formed response.
DnsResult parse_result(const std::string& response);

}  // namespace cbuild::network
