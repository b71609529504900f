// Messages of DNS, as far as one that passes them on, or answers for a few names, has to read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
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

/// What a message asks for.
struct DnsQuestion {
  std::string name;  ///< in lower case, "a.b" for the labels "a" and "b"; empty = the root
  std::uint16_t type = 0;
  std::uint16_t network_class = 0;
};

/// Absent when a label has a dot within, so that the text would mean another name. Pure.
std::optional<DnsQuestion> question_of(const DnsMessage& message);

}  // namespace cbuild::network
