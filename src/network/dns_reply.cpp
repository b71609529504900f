// Composes responses of DNS; see dns_reply.h.
#include "src/network/dns_reply.h"

#include <algorithm>

#include "cbuild/network/endpoint.h"
#include "cbuild/util/text.h"
#include "src/network/dns_message.h"
#include "src/network/dns_types.h"

namespace cbuild::network {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kFlags = 2;
constexpr std::size_t kCounts = 6;  // of answers, authorities, further records
constexpr std::uint16_t kQuestionName = 0xc000 | kHeader;  // a compressed name that points to it
constexpr std::uint32_t kTimeToLive = 5;                   // seconds: containers come and go
constexpr std::byte kResponse{0x80};
constexpr std::byte kTruncated{0x02};
constexpr std::byte kRecursion{0x80};  // is available
constexpr std::size_t kLongestLabel = 63;

void append_word(std::vector<std::byte>& bytes, std::uint16_t word) {
  bytes.push_back(static_cast<std::byte>(word >> 8));
  bytes.push_back(static_cast<std::byte>(word));
}

}  // namespace

DnsReply::DnsReply(std::span<const std::byte> query,
                   const DnsMessage& parsed,
                   DnsCode code,
                   std::size_t limit)
    : bytes_(query.begin(), query.begin() + kHeader + parsed.question.size()), limit_(limit) {
  bytes_[kFlags] = (bytes_[kFlags] & std::byte{0x79}) | kResponse;  // opcode and RD are kept
  bytes_[kFlags + 1] = kRecursion | static_cast<std::byte>(code);
  std::ranges::fill(bytes_.begin() + kCounts, bytes_.begin() + kHeader, std::byte{0});
}

void DnsReply::add_record(std::uint16_t type, std::span<const std::byte> data) {
  std::vector<std::byte> record;
  append_word(record, kQuestionName);
  append_word(record, type);
  append_word(record, kDnsInternet);
  append_word(record, kTimeToLive >> 16);
  append_word(record, kTimeToLive & 0xffff);
  append_word(record, static_cast<std::uint16_t>(data.size()));
  record.insert(record.end(), data.begin(), data.end());
  if (bytes_.size() + record.size() > limit_) {
    bytes_[kFlags] |= kTruncated;
    return;
  }
  bytes_.insert(bytes_.end(), record.begin(), record.end());
  auto count = static_cast<std::uint16_t>(static_cast<std::uint16_t>(bytes_[kCounts]) << 8 |
                                          static_cast<std::uint16_t>(bytes_[kCounts + 1]));
  ++count;
  bytes_[kCounts] = static_cast<std::byte>(count >> 8);
  bytes_[kCounts + 1] = static_cast<std::byte>(count);
}

void DnsReply::add_address(const Endpoint& address) {
  add_record(address.is_v6() ? kDnsAaaa : kDnsA, std::as_bytes(address.bytes()));
}

void DnsReply::add_pointer(std::string_view name) {
  std::vector<std::byte> data;
  for (const std::string& label : split(name, '.')) {
    if (label.empty() || label.size() > kLongestLabel) return;
    data.push_back(static_cast<std::byte>(label.size()));
    for (const char c : label)
      data.push_back(static_cast<std::byte>(c));
  }
  data.push_back(std::byte{0});
  add_record(kDnsPtr, data);
}

}  // namespace cbuild::network
