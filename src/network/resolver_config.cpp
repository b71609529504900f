// Reads and writes resolv.conf; see resolver_config.h.
#include "src/network/resolver_config.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::network {

namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMostServers = 3;  // MAXNS of resolv.h

/// The words of a line, between spaces and tabs.
std::vector<std::string> words_of(std::string line) {
  std::ranges::replace(line, '\t', ' ');
  std::vector<std::string> words = split(line, ' ');
  std::erase(words, "");
  return words;
}

}  // namespace

ResolverConfig parse_resolv_conf(std::string_view content) {
  ResolverConfig config;
  for (const std::string& line : split(content, '\n')) {
    const std::vector<std::string> words = words_of(std::string(trim(line)));
    if (words.size() < 2) continue;
    if (words[0] == "nameserver") {
      const auto server = Endpoint::parse(words[1], kDnsPort);
      if (server && config.servers.size() < kMostServers) config.servers.push_back(*server);
    } else if (words[0] == "search" || words[0] == "domain" || words[0] == "options") {
      config.rest.push_back(join(words, " "));
    }
  }
  return config;
}

ResolverConfig resolver_config(std::string_view content, const std::vector<std::string>& servers) {
  ResolverConfig config = parse_resolv_conf(content);
  if (!servers.empty()) config.servers.clear();
  for (const std::string& address : servers) {
    const auto server = Endpoint::parse(address, kDnsPort);
    if (!server) {
      throw Error(ErrorKind::usage, "{} is no address of a DNS server", printable(address));
    }
    config.servers.push_back(*server);
  }
  if (config.servers.empty()) config.servers.push_back(loopback_v4(kDnsPort));
  return config;
}

std::string to_resolv_conf(const ResolverConfig& config, const std::vector<std::string>& servers) {
  std::string text;
  for (const std::string& server : servers)
    text += "nameserver " + server + "\n";
  for (const std::string& line : config.rest)
    text += line + "\n";
  return text;
}

}  // namespace cbuild::network
