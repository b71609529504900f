// URLs: their parts, and those of http and https parsed strictly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild {

/// A URL of any scheme, cut where its delimiters are (RFC 3986, appendix B). Nothing is checked or
/// decoded; all are parts of the text that was cut. A text without a scheme is a path.
struct UrlParts {
  std::string_view scheme;               ///< as it is written; empty = none
  std::optional<std::string_view> user;  ///< and password: up to the last '@' before the path
  std::string_view authority;            ///< host and port
  std::string_view path;
  std::string_view address;  ///< all of the former
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;

  static UrlParts cut(std::string_view text);

  /// Without port and brackets.
  std::string_view host() const;
};

/// Without "user:password@".
std::string without_user(std::string_view url);

/// For messages, progress and history: "xxxxx" instead of user and password; the name alone, which
/// is no secret to ssh, stays.
std::string without_credentials(std::string_view url);

/// Whether the scheme is http or https.
bool is_http_url(std::string_view text);

/// An absolute http or https URL: what we compare is what is asked for. No user, no fragment, no
/// control characters, blanks or backslashes. Source: RFC 3986.
struct Url {
  std::string scheme;      ///< "http" or "https"
  std::string host;        ///< lower case; IPv6 in brackets
  std::uint16_t port = 0;  ///< always set
  std::string target;      ///< path and query as they were given; begins with '/'

  /// nullopt for other schemes too. A fragment is dropped; bytes beyond ASCII and blanks in the
  /// path are escaped.
  static std::optional<Url> try_parse(std::string_view text);

  /// What the Location header `location` of an answer to this URL means: absolute, "//host/path",
  /// "/path", "?query" or relative to our path. The query is kept as it is.
  std::optional<Url> resolve(std::string_view location) const;

  /// "https://host" with the port unless it is the scheme's.
  std::string base() const;

  std::string to_string() const { return base() + target; }

  /// For messages: without the query, where signatures and tokens are; safe for a terminal.
  std::string display() const;
};

/// Credentials are for one origin only: scheme, host and port are the same.
bool same_origin(const Url& a, const Url& b);

/// "localhost" and names beneath it, 127.0.0.0/8 however written, ::1.
bool is_loopback(std::string_view host);

/// Literal addresses that are not on the internet: loopback, private, link-local, unspecified,
/// shared; IPv4 in any form that inet_aton(3) takes, IPv6 with mapped IPv4 too.
bool is_private_address(std::string_view host);

/// Everything but unreserved characters (RFC 3986) as %XX.
std::string percent_encode(std::string_view text);

/// Every %XX as the byte it stands for. A '%' before anything else is one.
std::string percent_decode(std::string_view text);

/// Appends name=value (encoded) to the query.
void add_query(Url& url, std::string_view name, std::string_view value);

}  // namespace cbuild
