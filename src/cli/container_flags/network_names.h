// Names and addresses in the flags for networks.
#pragma once

#include <string>
#include <string_view>

namespace cbuild::cli {

/// Checks a name by which a container is found on a network, or its host name: letters, digits,
/// "-", "_" and ".", at most 253 of them, at most 63 between two dots (RFC 1123; "_" is common in
/// Compose files). @throws Error(usage) that names `key`
void check_host_name(std::string_view key, std::string_view name);

/// Passes an address through, IPv6 without brackets. @throws Error(usage) that names `key`
std::string ipv4_address(std::string_view key, const std::string& text);
std::string ipv6_address(std::string_view key, std::string text);

/// Six bytes in hexadecimal with ":" or "-" between them; returned in lower case with ":". The
/// first byte must be even, for the address of one interface is no multicast address.
/// @throws Error(usage) that names `key`
std::string mac_address(std::string_view key, const std::string& text);

}  // namespace cbuild::cli
