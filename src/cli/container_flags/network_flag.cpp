// Parses --network; see network_flag.h.
#include "src/cli/container_flags/network_flag.h"

#include <charconv>
#include <string_view>

#include "cbuild/util/csv.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"
#include "src/cli/container_flags/network_names.h"

namespace cbuild::cli {

namespace {

int parse_priority(const std::string& text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (!text.empty() && error == std::errc() && rest == end) return number;
  throw Error(ErrorKind::usage, "invalid gw-priority: {} (want a whole number)", printable(text));
}

void add_driver_option(const std::string& text, NetworkAttachment& network) {
  const auto [key, value] = cut(text, '=');
  if (key.empty() || !value) {
    throw Error(ErrorKind::usage, "invalid key value pair format in driver options: '{}'",
                printable(text));
  }
  network.driver_options[key] = *value;
}

void take(const std::string& key, const std::string& value, NetworkAttachment& network) {
  if (key == "name") {
    network.name = value;
  } else if (key == "alias") {
    check_host_name(key, value);
    network.aliases.push_back(value);
  } else if (key == "ip") {
    network.ip = ipv4_address(key, value);
  } else if (key == "ip6") {
    network.ip6 = ipv6_address(key, value);
  } else if (key == "mac-address") {
    network.mac = mac_address(key, value);
  } else if (key == "driver-opt") {
    add_driver_option(value, network);
  } else if (key == "gw-priority") {
    network.gateway_priority = parse_priority(value);
  } else if (key == "link-local-ip") {
    throw Error(ErrorKind::usage,
                "link-local-ip is not supported: cbuild adds no further addresses");
  } else {
    throw Error(ErrorKind::usage,
                "invalid field key {} (want name, alias, ip, ip6, mac-address, driver-opt or "
                "gw-priority)",
                printable(key));
  }
}

NetworkAttachment parse_pairs(const std::string& text) {
  NetworkAttachment network;
  for (const CsvField& field : csv_fields(text)) {
    const auto [key, value] = cut(field.text, '=');
    if (key.empty() || !value) {
      throw Error(ErrorKind::usage, "invalid field {} (want key=value)", printable(field.text));
    }
    take(to_lower(trim(key)), std::string(trim(*value)), network);
  }
  if (network.name.empty()) {
    throw Error(ErrorKind::usage, "network name/id is not specified").with_hint("add name=NETWORK");
  }
  return network;
}

void check_mode(const NetworkAttachment& network) {
  if (network.name == "container:") {
    throw Error(ErrorKind::usage,
                "invalid container format container:<name|id> (the name is missing)");
  }
  const bool no_network =
      network.name == "host" || network.name == "none" || network.name.starts_with("container:");
  NetworkAttachment bare;
  bare.name = network.name;
  if (no_network && !network.aliases.empty()) {
    throw Error(ErrorKind::usage,
                "network-scoped aliases are only supported for user-defined networks (not for "
                "'{}')",
                printable(network.name));
  }
  if (no_network && network != bare) {
    throw Error(
        ErrorKind::usage,
        "conflicting options: '{}' is no network, so the container has no address of its own",
        printable(network.name));
  }
}

}  // namespace

NetworkAttachment parse_network_flag(const std::string& text) {
  return with_context(fmt::format("--network '{}'", printable(text)), [&] {
    NetworkAttachment network;
    if (text.find('=') != std::string::npos) {
      network = parse_pairs(text);
    } else {
      network.name = text;
    }
    if (network.name.empty()) {
      throw Error(ErrorKind::usage, "network name/id is not specified")
          .with_hint("want the name of a network, bridge, host, none or container:NAME");
    }
    check_mode(network);
    return network;
  });
}

}  // namespace cbuild::cli
