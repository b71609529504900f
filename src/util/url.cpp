// URLs; see url.h.
#include "cbuild/util/url.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "cbuild/util/text.h"

namespace cbuild {

namespace {

constexpr std::string_view kAfterScheme = "://";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

/// The host of "host[:port]"; its port in `port`. Brackets are kept.
std::optional<std::string> parse_authority(std::string_view authority, std::uint16_t& port) {
  std::size_t end = 0;
  if (authority.starts_with('[')) {
    end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string inner(authority.substr(1, end - 1));
    in6_addr address{};
    if (::inet_pton(AF_INET6, inner.c_str(), &address) != 1) return std::nullopt;
    ++end;
  } else {
    while (end < authority.size() &&
           (is_alnum(authority[end]) || std::strchr(".-_", authority[end]) != nullptr)) {
      ++end;
    }
  }
  if (end == 0 || end > 255) return std::nullopt;
  const std::string_view rest = authority.substr(end);
  if (!rest.empty() && rest != ":") {
    const auto number = rest[0] == ':' ? parse_uint(rest.substr(1)) : std::nullopt;
    if (!number || *number == 0 || *number > 65535) return std::nullopt;
    port = static_cast<std::uint16_t>(*number);
  }
  return to_lower(authority.substr(0, end));
}

/// Path and query: fragment off, odd bytes escaped; nullopt for what could be read in two ways.
std::optional<std::string> clean_target(std::string_view text) {
  std::string target;
  for (const char c : text.substr(0, text.find('#'))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '\\') return std::nullopt;
    if (byte == ' ' || byte >= 0x80 || c == '"' || c == '<' || c == '>') {
      target += fmt::format("%{:02X}", byte);
    } else {
      target += c;
    }
  }
  return target;
}

/// RFC 3986, 5.2.4, of a path without query.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string> kept;
  const std::vector<std::string> segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segments[i] != ".") {
      kept.push_back(segments[i]);
      continue;
    }
    if (last) kept.emplace_back();
  }
  return "/" + join(kept, "/");
}

bool is_private_ipv4(std::uint32_t a) {
  const auto in = [a](std::uint32_t net, int bits) { return (a ^ net) >> (32 - bits) == 0; };
  return in(0x00000000, 8) || in(0x0A000000, 8) || in(0x7F000000, 8) || in(0x64400000, 10) ||
         in(0xA9FE0000, 16) || in(0xAC100000, 12) || in(0xC0A80000, 16) || in(0xF0000000, 4) ||
         in(0xE0000000, 4);
}

/// Any form: "127.1", "0x7f000001", "2130706433".
std::optional<std::uint32_t> parse_ipv4(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  in_addr address{};
  if (::inet_aton(std::string(host).c_str(), &address) == 0) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<in6_addr> parse_ipv6(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in6_addr address{};
  if (::inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) return std::nullopt;
  return address;
}

std::uint32_t last_four_bytes(const in6_addr& address) {
  std::uint32_t value = 0;
  std::memcpy(&value, address.s6_addr + 12, sizeof value);
  return ntohl(value);
}

}  // namespace

UrlParts UrlParts::cut(std::string_view text) {
  UrlParts parts;
  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  parts.address = text;
  const auto scheme = text.find(kAfterScheme);
  if (scheme != std::string_view::npos && scheme != 0 && scheme < text.find('/')) {
    parts.scheme = text.substr(0, scheme);
    text.remove_prefix(scheme + kAfterScheme.size());
    parts.authority = text.substr(0, text.find('/'));
    text.remove_prefix(parts.authority.size());
    if (const auto at = parts.authority.rfind('@'); at != std::string_view::npos) {
      parts.user = parts.authority.substr(0, at);
      parts.authority.remove_prefix(at + 1);
    }
  }
  parts.path = text;
  return parts;
}

std::string_view UrlParts::host() const {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

std::string without_user(std::string_view url) {
  const UrlParts parts = UrlParts::cut(url);
  std::string result(url);
  if (parts.user) {
    result.erase(parts.scheme.size() + kAfterScheme.size(), parts.user->size() + 1);
  }
  return result;
}

std::string without_credentials(std::string_view url) {
  const UrlParts parts = UrlParts::cut(url);
  std::string result(url);
  const bool is_name = parts.user && equals_ignoring_case(parts.scheme, "ssh") &&
                       parts.user->find(':') == std::string_view::npos;
  if (parts.user && !is_name) {
    result.replace(parts.scheme.size() + kAfterScheme.size(), parts.user->size(), "xxxxx");
  }
  return result;
}

bool is_http_url(std::string_view text) {
  const std::string_view scheme = UrlParts::cut(text).scheme;
  return equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "https");
}

std::optional<Url> Url::try_parse(std::string_view text) {
  const UrlParts parts = UrlParts::cut(text);
  if (!is_http_url(text) || parts.user) return std::nullopt;
  Url url;
  url.scheme = to_lower(parts.scheme);
  url.port = default_port(url.scheme);
  auto host = parse_authority(parts.authority, url.port);
  auto target = clean_target(text.substr(parts.path.data() - text.data()));
  if (!host || !target) return std::nullopt;
  url.host = std::move(*host);
  url.target = target->starts_with('/') ? std::move(*target) : "/" + *target;
  return url;
}

std::optional<Url> Url::resolve(std::string_view location) const {
  location = trim(location);
  if (!UrlParts::cut(location).scheme.empty()) return try_parse(location);
  if (location.starts_with("//")) return try_parse(fmt::format("{}:{}", scheme, location));
  auto cleaned = clean_target(location);
  if (!cleaned) return std::nullopt;
  Url url = *this;
  const std::string path = target.substr(0, target.find('?'));
  if (cleaned->starts_with('/')) {
    url.target = std::move(*cleaned);
  } else if (cleaned->empty()) {
    url.target = target;
  } else if (cleaned->starts_with('?')) {
    url.target = path + *cleaned;
  } else {
    const std::string merged = path.substr(0, path.rfind('/') + 1) + *cleaned;
    const auto query = std::min(merged.find('?'), merged.size());
    url.target = remove_dot_segments(merged.substr(0, query)) + merged.substr(query);
  }
  return url;
}

std::string Url::base() const {
  if (port == default_port(scheme)) return fmt::format("{}://{}", scheme, host);
  return fmt::format("{}://{}:{}", scheme, host, port);
}

std::string Url::display() const {
  constexpr std::size_t kLongest = 300;
  std::string text = base() + target.substr(0, target.find('?'));
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "…";
  return printable(text);
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

bool is_loopback(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);  // the root of the DNS: the same name
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  if (const auto address = parse_ipv4(host)) return *address >> 24 == 127;
  if (const auto address = parse_ipv6(host)) {
    if (IN6_IS_ADDR_V4MAPPED(&*address)) return last_four_bytes(*address) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&*address);
  }
  return false;
}

bool is_private_address(std::string_view host) {
  if (is_loopback(host)) return true;
  if (const auto address = parse_ipv4(host)) return is_private_ipv4(*address);
  const auto address = parse_ipv6(host);
  if (!address) return false;
  if (IN6_IS_ADDR_V4MAPPED(&*address) || IN6_IS_ADDR_V4COMPAT(&*address)) {
    return is_private_ipv4(last_four_bytes(*address));
  }
  const unsigned char first = address->s6_addr[0];
  return IN6_IS_ADDR_UNSPECIFIED(&*address) || IN6_IS_ADDR_LINKLOCAL(&*address) ||
         (first & 0xFE) == 0xFC || first == 0xFF;
}

std::string percent_encode(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string percent_decode(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view digits = text.front() == '%' ? text.substr(1, 2) : std::string_view();
    unsigned char byte = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    const bool escape = digits.size() == 2 && error == std::errc() && end == digits.data() + 2;
    result += escape ? static_cast<char>(byte) : text.front();
    text.remove_prefix(escape ? 3 : 1);
  }
  return result;
}

void add_query(Url& url, std::string_view name, std::string_view value) {
  url.target += url.target.find('?') == std::string::npos ? '?' : '&';
  url.target += fmt::format("{}={}", percent_encode(name), percent_encode(value));
}

}  // namespace cbuild
