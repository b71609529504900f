// Messages of DNS, as far as one that passes them on has to read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cbuild::network {

/// A message whose header and first question are well-formed. Views the bytes that it was parsed
/// from.
struct DnsMessage {
  std::uint16_t id = 0;
  bool is_response = false;
  std::span<const std::byte> question;  ///< name, type and class, as they stand
};

/// Absent when it is no message with exactly one question, as all in use are. A name in a question
/// is not compressed. Source: RFC 1035, section 4.  Pure.
std::optional<DnsMessage> parse_dns(std::span<const std::byte> bytes) noexcept;

/// Whether `response` answers `query`: same ID and same question, letters of either case.
bool answers(const DnsMessage& response, const DnsMessage& query) noexcept;

/// The response "server failure" (RCODE 2) to a query of these bytes. @pre it was parsed
std::vector<std::byte> dns_failure(std::span<const std::byte> query, const DnsMessage& parsed);

}  // namespace cbuild::network
