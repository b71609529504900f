// WWW-Authenticate; see challenge.h.
#include "src/registry/challenge.h"

#include <cstring>

#include "cbuild/util/text.h"

namespace cbuild::registry {

namespace {

/// Walks over a header; every function moves on only when it finds what it is named after.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }

  void skip_blanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\t'))
      text_.remove_prefix(1);
  }

  void skip_separators() {
    skip_blanks();
    while (take(','))
      skip_blanks();
  }

  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::string token() { return while_among("!#$%&'*+-.^_`|~"); }

  /// nullopt when the closing quote is missing.
  std::optional<std::string> quoted() {
    std::string value;
    while (!text_.empty()) {
      char c = text_[0];
      text_.remove_prefix(1);
      if (c == '"') return value;
      if (c == '\\' && !text_.empty()) {
        c = text_[0];
        text_.remove_prefix(1);
      }
      value += c;
    }
    return std::nullopt;
  }

  /// token68 (RFC 9110, 11.2): credentials of schemes without parameters.
  std::string token68() {
    std::string value = while_among("-._~+/");
    while (take('='))
      value += '=';
    return value;
  }

  std::string_view rest() const { return text_; }

  void reset(std::string_view text) { text_ = text; }

 private:
  std::string while_among(const char* marks) {
    std::size_t size = 0;
    while (size < text_.size() && is_member(text_[size], marks))
      ++size;
    std::string result(text_.substr(0, size));
    text_.remove_prefix(size);
    return result;
  }

  static bool is_member(char c, const char* marks) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::strchr(marks, c) != nullptr);
  }

  std::string_view text_;
};

/// "name = value" with blanks around the sign; the scanner stays put when there is none.
bool parse_parameter(Scanner& scanner, Challenge& challenge) {
  const std::string_view begin = scanner.rest();
  const std::string name = scanner.token();
  scanner.skip_blanks();
  if (name.empty() || !scanner.take('=')) {
    scanner.reset(begin);
    return false;
  }
  scanner.skip_blanks();
  const bool quoted = scanner.take('"');
  std::optional<std::string> value = quoted ? scanner.quoted() : scanner.token();
  if (!value || (!quoted && value->empty())) {
    scanner.reset(value ? begin : std::string_view());  // a token68, or a quote without end
    return false;
  }
  challenge.parameters.try_emplace(to_lower(name), std::move(*value));
  scanner.skip_blanks();
  return true;
}

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found != parameters.end() ? found->second : std::string();
}

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  Scanner scanner(header);
  scanner.skip_separators();
  while (!scanner.at_end()) {
    Challenge challenge{to_lower(scanner.token()), {}};
    if (challenge.scheme.empty()) break;
    scanner.skip_blanks();
    const std::string_view before = scanner.rest();
    if (!parse_parameter(scanner, challenge)) {
      scanner.token68();
      scanner.skip_blanks();
      if (!scanner.at_end() && !scanner.rest().starts_with(',')) scanner.reset(before);
    }
    bool more = scanner.take(',');
    while (more) {
      scanner.skip_separators();
      more = parse_parameter(scanner, challenge) && scanner.take(',');
    }
    challenges.push_back(std::move(challenge));
    scanner.skip_separators();
  }
  return challenges;
}

std::optional<Challenge> choose_challenge(const std::vector<std::string>& headers) {
  std::optional<Challenge> basic;
  for (const std::string& header : headers) {
    for (Challenge& challenge : parse_challenges(header)) {
      if (challenge.scheme == "bearer" && !challenge.parameter("realm").empty()) return challenge;
      if (challenge.scheme == "basic" && !basic) basic = std::move(challenge);
    }
  }
  return basic;
}

}  // namespace cbuild::registry
