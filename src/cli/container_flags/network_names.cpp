// Names and addresses in the flags for networks; see network_names.h.
#include "src/cli/container_flags/network_names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

bool is_label(std::string_view label) {
  constexpr std::size_t kLongest = 63;
  return !label.empty() && label.size() <= kLongest && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
         });
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

void check_host_name(std::string_view key, std::string_view name) {
  constexpr std::size_t kLongest = 253;
  if (name.size() <= kLongest && std::ranges::all_of(split(name, '.'), is_label)) return;
  throw Error(ErrorKind::usage,
              "invalid {}: '{}' (want letters, digits, '-', '_' and '.', at most 63 between dots)",
              key, printable(name));
}

std::string ipv4_address(std::string_view key, const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) == 1) return text;
  throw Error(ErrorKind::usage, "invalid {}: '{}' is not an IPv4 address", key, printable(text));
}

std::string ipv6_address(std::string_view key, std::string text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) == 1) return text;
  throw Error(ErrorKind::usage, "invalid {}: '{}' is not an IPv6 address", key, printable(text));
}

std::string mac_address(std::string_view key, const std::string& text) {
  std::string address = to_lower(text);
  std::ranges::replace(address, '-', ':');
  const std::vector<std::string> bytes = split(address, ':');
  const bool well_formed = bytes.size() == 6 && std::ranges::all_of(bytes, [](const auto& byte) {
                             return byte.size() == 2 && std::ranges::all_of(byte, is_hex);
                           });
  constexpr std::string_view kEven = "02468ace";
  if (well_formed && kEven.find(address[1]) != std::string_view::npos) return address;
  throw Error(ErrorKind::usage,
              "invalid {}: {} is not a valid mac address of an interface (want for instance "
              "02:42:ac:11:00:02)",
              key, printable(text));
}

}  // namespace cbuild::cli
