// chmod(1)'s grammar; see file_mode.h.
#include "src/ops/file_mode.h"

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw Error(ErrorKind::usage,
              "'{}' is not a file mode (want octal digits like 755, or u=rwX,go=rX)",
              printable(text));
}

mode_t who_bits(char c) {
  switch (c) {
    case 'u':
      return 04700;
    case 'g':
      return 02070;
    case 'o':
      return 01007;
    case 'a':
      return 07777;
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

}  // namespace

FileMode FileMode::parse(std::string_view text) {
  FileMode result;
  if (!text.empty() && text.find_first_not_of("01234567") == std::string_view::npos) {
    mode_t mode = 0;
    for (const char c : text)
      mode = mode * 8 + static_cast<mode_t>(c - '0');
    if (text.size() > 5 || mode > 07777) refuse(text);
    result.absolute_ = mode;
    return result;
  }
  for (const std::string& clause : split(text, ',')) {
    std::size_t at = 0;
    mode_t who = 0;
    while (at < clause.size() && who_bits(clause[at]) != 0)
      who |= who_bits(clause[at++]);
    if (who == 0) who = 07777;
    if (at == clause.size()) refuse(text);
    while (at < clause.size()) {
      Clause parsed{who, clause[at++], 0, false};
      if (parsed.operation != '+' && parsed.operation != '-' && parsed.operation != '=')
        refuse(text);
      for (;
           at < clause.size() && std::string_view("+-=").find(clause[at]) == std::string_view::npos;
           ++at) {
        if (clause[at] == 'X') {
          parsed.if_execute = true;
        } else if (permission_bits(clause[at]) != 0) {
          parsed.bits |= permission_bits(clause[at]);
        } else {
          refuse(text);
        }
      }
      result.clauses_.push_back(parsed);
    }
  }
  return result;
}

mode_t FileMode::apply(mode_t mode, bool directory) const {
  if (absolute_) return *absolute_;
  mode &= 07777;
  for (const Clause& clause : clauses_) {
    mode_t bits = clause.bits;
    if (clause.if_execute && (directory || (mode & 0111) != 0)) bits |= 0111;
    bits &= clause.who;
    if (clause.operation == '+') mode |= bits;
    if (clause.operation == '-') mode &= ~bits;
    if (clause.operation == '=') mode = (mode & ~clause.who) | bits;
  }
  return mode;
}

}  // namespace cbuild::ops
