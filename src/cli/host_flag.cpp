// Parses --add-host and --dns; see host_flag.h.
#include "src/cli/host_flag.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> buffer;
  return ::inet_pton(AF_INET, text.c_str(), buffer.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), buffer.data()) == 1;
}

}  // namespace

ops::HostEntry parse_host_flag(const std::string& text) {
  const bool with_equals = text.find('=') != std::string::npos;
  const auto separator = text.find(with_equals ? '=' : ':');
  ops::HostEntry entry;
  if (separator != std::string::npos) {
    entry.name = text.substr(0, separator);
    entry.address = text.substr(separator + 1);
  }
  if (entry.address.size() > 2 && entry.address.starts_with('[') && entry.address.ends_with(']')) {
    entry.address = entry.address.substr(1, entry.address.size() - 2);
  }
  const bool named = !entry.name.empty() && std::ranges::none_of(entry.name, [](unsigned char c) {
    return c <= ' ' || c == 0x7f || c == '#';
  });
  if (!named || (entry.address != ops::kHostGateway && !is_address(entry.address))) {
    throw Error(ErrorKind::usage,
                "--add-host '{}': want HOST:ADDRESS or HOST=ADDRESS, the address IPv4, IPv6 or "
                "host-gateway",
                printable(text));
  }
  return entry;
}

std::string parse_dns_flag(const std::string& text) {
  if (is_address(text)) return text;
  throw Error(ErrorKind::usage, "--dns '{}': want an IPv4 or IPv6 address", printable(text));
}

}  // namespace cbuild::cli
