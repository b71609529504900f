// Responses of DNS that are composed here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace cbuild::network {

class Endpoint;
struct DnsMessage;

enum class DnsCode : std::uint8_t { ok = 0, server_failure = 2, no_such_name = 3, refused = 5 };

/// One response to one query. Records follow the question; the query's further records (EDNS) are
/// left out, as by a server that does not know them. Source: RFC 1035, section 4.  Pure.
class DnsReply {
 public:
  /// What a client takes by UDP that says nothing of its own.
  static constexpr std::size_t kMostByUdp = 512;
  static constexpr std::size_t kMostByTcp = std::numeric_limits<std::uint16_t>::max();

  /// @pre `parsed` is what parse_dns() read in `query`
  /// @param limit  bytes; records beyond it are left out, and the response says so (TC)
  DnsReply(std::span<const std::byte> query,
           const DnsMessage& parsed,
           DnsCode code,
           std::size_t limit = kMostByUdp);

  /// A record A or AAAA of the name that was asked for.
  void add_address(const Endpoint& address);
  /// A record PTR. `name`: "a.b"; ignored when a label is empty or longer than 63 bytes.
  void add_pointer(std::string_view name);

  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  void add_record(std::uint16_t type, std::span<const std::byte> data);

  std::vector<std::byte> bytes_;
  std::size_t limit_;
};

}  // namespace cbuild::network
