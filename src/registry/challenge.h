// WWW-Authenticate: the authentication schemes that a server accepts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::registry {

/// One challenge. Names are lower-case, values unquoted.
struct Challenge {
  std::string scheme;  ///< "basic", "bearer", …
  std::map<std::string, std::string> parameters;

  /// Empty when there is none.
  std::string parameter(const std::string& name) const;

  friend bool operator==(const Challenge&, const Challenge&) = default;
};

/// The challenges of one header line, which may hold several. What cannot be understood ends the
/// list: nothing is guessed.  Source: RFC 9110, 11.6.1.
std::vector<Challenge> parse_challenges(std::string_view header);

/// The challenge to answer: Bearer, else Basic, else nullopt.
std::optional<Challenge> choose_challenge(const std::vector<std::string>& headers);

}  // namespace cbuild::registry
