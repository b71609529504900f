// Cuts an action of a template into its words; see lexer.h.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "cbuild/util/text.h"
#include "src/cli/template/escapes.h"
#include "src/cli/template/lexer.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Token::Kind;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Bytes of UTF-8 count as letters.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_alphanumeric(char c) {
  return is_letter(c) || is_digit(c);
}

/// A number of Go: decimal, 0x, 0o, 0b, with "_" between digits, or with fraction or exponent.
std::optional<Value> parse_number(std::string text) {
  std::erase(text, '_');
  const bool negative = text.starts_with('-');
  if (text.starts_with('-') || text.starts_with('+')) text.erase(0, 1);
  const std::string prefix = to_lower(text.substr(0, 2));
  int base = prefix == "0x" ? 16 : prefix == "0o" ? 8 : prefix == "0b" ? 2 : 10;
  if (base != 10) {
    text.erase(0, 2);
  } else if (text.size() > 1 && text.front() == '0' && std::ranges::all_of(text, is_digit)) {
    base = 8;
  }
  if (text.empty() || !(std::isxdigit(static_cast<unsigned char>(text.front())) || text[0] == '.'))
    return std::nullopt;
  const char* end = text.data() + text.size();
  if (negative) text.insert(0, "-");
  end = text.data() + text.size();
  std::int64_t whole = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, whole, base);
  if (error == std::errc() && rest == end) return Value(whole);
  const bool overflow = error == std::errc::result_out_of_range && rest == end;
  if (base != 10 || overflow) return std::nullopt;
  double real = 0;
  const auto [stop, problem] = std::from_chars(text.data(), end, real);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return Value(real);
}

class Words {
 public:
  Words(std::string_view source, std::size_t from, std::size_t to)
      : source_(source), at_(from), end_(to) {}

  std::vector<Token> run() {
    for (;;) {
      const std::size_t before = at_;
      while (at_ < end_ && std::string_view(" \t\r\n").find(source_[at_]) != std::string_view::npos)
        ++at_;
      Token token;
      token.place.offset = at_;
      token.after_space = at_ > before;
      if (at_ < end_) take(token);
      token.place.size = at_ - token.place.offset;
      words_.push_back(token);
      if (token.kind == Kind::end) return std::move(words_);
    }
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < end_ ? source_[at_ + ahead] : '\0';
  }

  std::string take_name() {
    const std::size_t from = at_;
    while (at_ < end_ && is_alphanumeric(source_[at_]))
      ++at_;
    return std::string(source_.substr(from, at_ - from));
  }

  void take(Token& token) {
    const char c = peek();
    const bool sign = c == '-' || c == '+';
    if (is_digit(c) || ((sign || c == '.') && is_digit(peek(1))) ||
        (sign && peek(1) == '.' && is_digit(peek(2)))) {
      take_number(token);
    } else if (c == '.') {
      ++at_;
      token.name = take_name();
      token.kind = token.name.empty() ? Kind::dot : Kind::field;
    } else if (c == '$') {
      ++at_;
      token.name = "$" + take_name();
      token.kind = Kind::variable;
    } else if (is_letter(c)) {
      take_word(token);
    } else if (c == '"' || c == '`') {
      take_quoted(token, c);
    } else {
      take_mark(token, c);
    }
  }

  void take_number(Token& token) {
    const std::size_t from = at_;
    ++at_;
    while (at_ < end_ &&
           (is_alphanumeric(source_[at_]) || source_[at_] == '.' || is_sign_of_exponent()))
      ++at_;
    const std::string_view text = source_.substr(from, at_ - from);
    const auto number = parse_number(std::string(text));
    if (!number)
      fail(source_, {from, 0}, fmt::format("bad number syntax: \"{}\"", printable(text)));
    token.kind = Kind::constant;
    token.value = *number;
  }

  bool is_sign_of_exponent() const {
    const char before = source_[at_ - 1];
    return (source_[at_] == '+' || source_[at_] == '-') && (before == 'e' || before == 'E');
  }

  void take_word(Token& token) {
    token.name = take_name();
    token.kind = Kind::identifier;
    if (token.name == "true" || token.name == "false") {
      token.kind = Kind::constant;
      token.value = Value(token.name == "true");
    } else if (token.name == "nil") {
      token.kind = Kind::nil;
    }
  }

  void take_quoted(Token& token, char quote) {
    const std::size_t from = at_ + 1;
    ++at_;
    while (at_ < end_ &&
           peek() != quote)  // the closing one is there: it was found with the end of the action
      at_ += quote == '"' && peek() == '\\' ? 2 : 1;
    const std::string_view text = source_.substr(from, at_ - from);
    ++at_;
    token.kind = Kind::constant;
    if (quote == '`') {
      token.value = Value(text);
      return;
    }
    const auto plain = without_escapes(text);
    if (!plain) fail(source_, {from - 1, at_ - from + 1}, "invalid syntax in a quoted string");
    token.value = Value(*plain);
  }

  void take_mark(Token& token, char c) {
    ++at_;
    switch (c) {
      case '|':
        token.kind = Kind::pipe;
        return;
      case '(':
        token.kind = Kind::open;
        return;
      case ')':
        token.kind = Kind::close;
        return;
      case ',':
        token.kind = Kind::comma;
        return;
      case '=':
        token.kind = Kind::assign;
        return;
      case ':':
        if (peek() != '=') fail(source_, {at_ - 1, 1}, "expected :=");
        ++at_;
        token.kind = Kind::declare;
        return;
      case '\'':
        fail(source_, {at_ - 1, 1}, "character constants are not supported",
             "write texts in double quotes");
      default:
        fail(source_, {at_ - 1, 0},
             fmt::format("unexpected \"{}\" in an action", printable(std::string_view(&c, 1))));
    }
  }

  std::string_view source_;
  std::size_t at_;
  std::size_t end_;
  std::vector<Token> words_;
};

}  // namespace

std::vector<Token> cut_action(std::string_view source, std::size_t from, std::size_t to) {
  return Words(source, from, to).run();
}

}  // namespace cbuild::cli::templates
