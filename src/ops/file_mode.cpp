// Parses and applies the grammar of chmod(1); see file_mode.h.
#include "src/ops/file_mode.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

constexpr mode_t kAll = 07777;
constexpr std::string_view kOctalDigits = "01234567";
constexpr std::string_view kOperators = "+-=";

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(ErrorKind::usage,
              "'{}' is not a file mode: {} (want octal digits like 755, or u=rwX,go=rX)",
              printable(text), why);
}

[[noreturn]] void refuse_letter(std::string_view text, char letter, std::string_view wanted) {
  refuse(text,
         fmt::format("'{}' is not one of {}", printable(std::string_view(&letter, 1)), wanted));
}

/// The permissions of a class of users, and the special bit that goes with it.
mode_t who_bits(char c) {
  switch (c) {
    case 'u':
      return 04700;
    case 'g':
      return 02070;
    case 'o':
      return 01007;
    case 'a':
      return kAll;
    default:
      return 0;
  }
}

mode_t permission_bits(char c) {
  switch (c) {
    case 'r':
      return 0444;
    case 'w':
      return 0222;
    case 'x':
      return 0111;
    case 's':
      return 06000;
    case 't':
      return 01000;
    default:
      return 0;
  }
}

bool is_one_of(std::string_view letters, char c) {
  return letters.find(c) != std::string_view::npos;
}

mode_t parse_octal(std::string_view text, std::string_view digits) {
  mode_t mode = 0;
  for (const char digit : digits) {
    if (!is_one_of(kOctalDigits, digit)) refuse_letter(text, digit, "the octal digits 0 to 7");
    mode = mode * 8 + static_cast<mode_t>(digit - '0');
    if (mode > kAll) refuse(text, "more than 7777");
  }
  return mode;
}

/// The permissions of one class, for all classes.
mode_t spread(mode_t mode, char from) {
  const int shift = from == 'u' ? 6 : from == 'g' ? 3 : 0;
  return (mode >> shift & 07) * 0111;
}

}  // namespace

/// "r", "wX", "st", "u": what follows an operator.
void FileMode::parse_permissions(std::string_view text,
                                 std::string_view permissions,
                                 Clause& clause) {
  if (permissions.size() == 1 && is_one_of("ugo", permissions[0])) {
    clause.copied_from = permissions[0];
    return;
  }
  for (const char c : permissions) {
    if (is_one_of("ugo", c))
      refuse(text, fmt::format("'{}' cannot be combined with other letters", c));
    if (c != 'X' && permission_bits(c) == 0) refuse_letter(text, c, "r, w, x, X, s, t, u, g and o");
    clause.if_execute = clause.if_execute || c == 'X';
    clause.bits |= permission_bits(c);
  }
}

/// "ug=rw", "u=rwx-w", "+x", "=644": who, then one change or more.
void FileMode::parse_clause(std::string_view text, std::string_view clause) {
  mode_t who = 0;
  std::size_t at = 0;
  while (at < clause.size() && who_bits(clause[at]) != 0)
    who |= who_bits(clause[at++]);
  if (at == clause.size()) refuse(text, "an operator is missing: +, - or =");
  while (at < clause.size()) {
    if (!is_one_of(kOperators, clause[at])) {
      refuse_letter(text, clause[at], at == 0 ? "u, g, o, a, +, - and =" : "+, - and =");
    }
    Clause parsed{.who = who == 0 ? kAll : who, .operation = clause[at++]};
    const std::size_t end = std::min(clause.find_first_of(kOperators, at), clause.size());
    const std::string_view permissions = clause.substr(at, end - at);
    if (who == 0 && !permissions.empty() && is_one_of(kOctalDigits, permissions[0])) {
      parsed.bits = parse_octal(text, permissions);
    } else {
      parse_permissions(text, permissions, parsed);
    }
    clauses_.push_back(parsed);
    at = end;
  }
}

FileMode FileMode::parse(std::string_view text) {
  FileMode result;
  if (text.empty()) refuse(text, "it is empty");
  if (text[0] >= '0' && text[0] <= '9') {
    result.absolute_ = parse_octal(text, text);
    return result;
  }
  for (const std::string& clause : split(text, ','))
    result.parse_clause(text, clause);
  return result;
}

mode_t FileMode::apply(mode_t mode, bool directory) const {
  if (absolute_) return *absolute_;
  mode &= kAll;
  for (const Clause& clause : clauses_) {
    mode_t bits = clause.copied_from != '\0' ? spread(mode, clause.copied_from) : clause.bits;
    if (clause.if_execute && (directory || (mode & 0111) != 0)) bits |= 0111;
    bits &= clause.who;
    if (clause.operation == '+') mode |= bits;
    if (clause.operation == '-') mode &= ~bits;
    if (clause.operation == '=') mode = (mode & ~clause.who) | bits;
  }
  return mode;
}

}  // namespace cbuild::ops
