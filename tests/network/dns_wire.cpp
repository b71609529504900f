// Writes and reads messages of DNS; see dns_wire.h.
#include "tests/network/dns_wire.h"

#include <arpa/inet.h>

#include "cbuild/util/text.h"

namespace cbuild::network {

namespace {

using namespace std::string_literals;

constexpr std::size_t kHeader = 12;

std::uint16_t word(const std::string& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes.at(at)) << 8 |
                                    static_cast<unsigned char>(bytes.at(at + 1)));
}

std::string labels_at(const std::string& bytes, std::size_t at) {
  std::string name;
  while (const auto size = static_cast<unsigned char>(bytes.at(at))) {
    name += (name.empty() ? "" : ".") + bytes.substr(at + 1, size);
    at += 1U + size;
  }
  return name;
}

}  // namespace

std::string dns_query(std::string_view name, std::uint16_t type) {
  std::string query = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"s;
  for (const std::string& label : split(name, '.')) {
    query += static_cast<char>(label.size());
    query += label;
  }
  query += "\0"s;
  query += static_cast<char>(type >> 8);
  query += static_cast<char>(type);
  return query + "\0\1"s;
}

DnsResult parse_result(const std::string& response) {
  DnsResult result;
  if (response.size() < kHeader) return result;
  result.code = response[3] & 0x0f;
  result.truncated = (response[2] & 0x02) != 0;
  std::size_t at = kHeader;
  while (response.at(at) != 0)
    at += 1U + static_cast<unsigned char>(response.at(at));
  at += 5;
  for (int left = word(response, 6); left > 0; --left) {
    const std::uint16_t type = word(response, at + 2);
    const std::uint16_t size = word(response, at + 10);
    char text[INET6_ADDRSTRLEN] = {};
    if (type == 12) {
      result.data.push_back(labels_at(response, at + 12));
    } else if (::inet_ntop(type == 1 ? AF_INET : AF_INET6, response.data() + at + 12, text,
                           sizeof text) != nullptr) {
      result.data.emplace_back(text);
    }
    at += 12U + size;
  }
  return result;
}

}  // namespace cbuild::network
