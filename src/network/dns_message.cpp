// Reads headers and questions of DNS; see dns_message.h.
#include "src/network/dns_message.h"

#include <algorithm>

namespace cbuild::network {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMostOfName = 255;
constexpr std::size_t kTypeAndClass = 4;
constexpr std::uint8_t kLongestLabel = 63;

std::uint8_t byte_at(std::span<const std::byte> bytes, std::size_t i) noexcept {
  return static_cast<std::uint8_t>(bytes[i]);
}

std::uint16_t word_at(std::span<const std::byte> bytes, std::size_t i) noexcept {
  return static_cast<std::uint16_t>(byte_at(bytes, i) << 8 | byte_at(bytes, i + 1));
}

char lower(std::byte byte) noexcept {
  const auto c = static_cast<char>(byte);
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// How many bytes the name at the beginning has, its end included; absent when it is none.
std::optional<std::size_t> size_of_name(std::span<const std::byte> bytes) noexcept {
  for (std::size_t at = 0; at < std::min(bytes.size(), kMostOfName);) {
    const std::uint8_t label = byte_at(bytes, at);
    if (label > kLongestLabel) return std::nullopt;
    at += 1U + label;
    if (label == 0) return at;
  }
  return std::nullopt;
}

}  // namespace

std::optional<DnsMessage> parse_dns(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kHeader || word_at(bytes, 4) != 1) return std::nullopt;
  const auto name = size_of_name(bytes.subspan(kHeader));
  if (!name || bytes.size() < kHeader + *name + kTypeAndClass) return std::nullopt;
  return DnsMessage{.id = word_at(bytes, 0),
                    .is_response = (byte_at(bytes, 2) & 0x80) != 0,
                    .question = bytes.subspan(kHeader, *name + kTypeAndClass)};
}

/// Lengths of labels are below 'A', so lower case of all bytes of a name compares names.
bool answers(const DnsMessage& response, const DnsMessage& query) noexcept {
  return response.is_response && response.id == query.id &&
         std::ranges::equal(response.question, query.question, {}, lower, lower);
}

std::optional<DnsQuestion> question_of(const DnsMessage& message) {
  const auto& bytes = message.question;
  DnsQuestion question;
  std::size_t at = 0;
  for (std::size_t left = byte_at(bytes, at++); left > 0; left = byte_at(bytes, at++)) {
    if (!question.name.empty()) question.name += '.';
    for (; left > 0; --left) {
      const char c = lower(bytes[at++]);
      if (c == '.') return std::nullopt;
      question.name += c;
    }
  }
  question.type = word_at(bytes, at);
  question.network_class = word_at(bytes, at + 2);
  return question;
}

}  // namespace cbuild::network
