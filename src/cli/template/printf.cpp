// Go's fmt.Sprintf; see printf.h.
#include "src/cli/template/printf.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "cbuild/util/error.h"
#include "cbuild/util/utf8.h"
#include "src/cli/template/escapes.h"
#include "src/cli/value_text.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Value::Kind;

/// What stands between "%" and the verb, and the verb.
struct Directive {
  bool minus = false;
  bool plus = false;
  bool zero = false;
  bool blank = false;
  std::size_t width = 0;
  std::optional<std::size_t> precision;
  char verb = 'v';
};

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count)
    text.remove_prefix(next_code_point(text).size);
  return count;
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::string_view rest = text;
  for (; count > 0 && !rest.empty(); --count)
    rest.remove_prefix(next_code_point(rest).size);
  return text.substr(0, text.size() - rest.size());
}

std::string hex_of(std::string_view bytes, bool upper) {
  std::string text;
  for (const char c : bytes) {
    const unsigned byte = static_cast<unsigned char>(c);
    text += upper ? fmt::format("{:02X}", byte) : fmt::format("{:02x}", byte);
  }
  return text;
}

std::string digits_of(std::uint64_t number, char verb) {
  switch (verb) {
    case 'x':
      return fmt::format("{:x}", number);
    case 'X':
      return fmt::format("{:X}", number);
    case 'o':
      return fmt::format("{:o}", number);
    case 'b':
      return fmt::format("{:b}", number);
    default:
      return fmt::format("{}", number);
  }
}

std::string without_sign(double number, const Directive& directive) {
  const double size = std::abs(number);
  const auto precision = static_cast<int>(directive.precision.value_or(6));
  switch (directive.verb) {
    case 'f':
    case 'F':
      return fmt::format("{:.{}f}", size, precision);
    case 'e':
      return fmt::format("{:.{}e}", size, precision);
    case 'E':
      return fmt::format("{:.{}E}", size, precision);
    default:
      return directive.precision ? fmt::format("{:.{}g}", size, precision) : go_real(size);
  }
}

class Printer {
 public:
  Printer(std::string_view format, Arguments arguments) : format_(format), arguments_(arguments) {}

  std::string run() {
    while (!format_.empty()) {
      const auto percent = std::min(format_.find('%'), format_.size());
      append_bounded(text_, format_.substr(0, percent));
      format_.remove_prefix(percent);
      if (!format_.empty()) take_directive();
    }
    append_extra();
    return std::move(text_);
  }

 private:
  void take_directive() {
    format_.remove_prefix(1);
    Directive directive;
    take_flags(directive);
    directive.width = take_number().value_or(0);
    if (format_.starts_with('.')) {
      format_.remove_prefix(1);
      directive.precision = take_number().value_or(0);
    }
    if (format_.empty()) return append_bounded(text_, "%!(NOVERB)");
    directive.verb = format_.front();
    format_.remove_prefix(1);
    if (directive.verb == '*') {
      throw Error(ErrorKind::usage, "a width of * is not supported (write a number)");
    }
    if (directive.verb == '%') return append_bounded(text_, "%");
    if (next_ == arguments_.size()) {
      return append_bounded(text_, fmt::format("%!{}(MISSING)", directive.verb));
    }
    append_value(directive, arguments_[next_++]);
  }

  void take_flags(Directive& directive) {
    for (; !format_.empty(); format_.remove_prefix(1)) {
      switch (format_.front()) {
        case '-':
          directive.minus = true;
          break;
        case '+':
          directive.plus = true;
          break;
        case '0':
          directive.zero = true;
          break;
        case ' ':
          directive.blank = true;
          break;
        default:
          return;
      }
    }
  }

  std::optional<std::size_t> take_number() {
    constexpr std::size_t kMost = 1'000'000;
    std::optional<std::size_t> number;
    while (!format_.empty() && format_.front() >= '0' && format_.front() <= '9') {
      number = number.value_or(0) * 10 + static_cast<std::size_t>(format_.front() - '0');
      if (*number > kMost) throw Error(ErrorKind::usage, "a width above {}", kMost);
      format_.remove_prefix(1);
    }
    return number;
  }

  void append_value(const Directive& directive, const Value& value) {
    switch (value.kind()) {
      case Kind::missing:
      case Kind::null:
        return directive.verb == 'v'
                   ? append_padded(directive, "<nil>")
                   : append_bounded(text_, fmt::format("%!{}(<nil>)", directive.verb));
      case Kind::boolean:
        if (directive.verb != 't' && directive.verb != 'v') return append_bad(directive, value);
        return append_padded(directive, value.boolean() ? "true" : "false");
      case Kind::integer:
        return append_integer(directive, value);
      case Kind::real:
        return append_real(directive, value);
      case Kind::text:
        return append_text(directive, value);
      case Kind::list:
        return append_list(directive, value);
      case Kind::map:
      case Kind::record:
        return append_members(directive, value);
      case Kind::lookup:
        return append_bad(directive, value);
    }
  }

  void append_integer(const Directive& directive, const Value& value) {
    const std::int64_t number = value.integer();
    if (directive.verb == 'c' || directive.verb == 'q') return append_character(directive, number);
    if (std::string_view("vdxXob").find(directive.verb) == std::string_view::npos) {
      return append_bad(directive, value);
    }
    const auto bits = static_cast<std::uint64_t>(number);
    std::string digits = digits_of(number < 0 ? 0 - bits : bits, directive.verb);
    if (directive.precision && digits.size() < *directive.precision) {
      digits.insert(0, *directive.precision - digits.size(), '0');
    }
    append_number(directive, number < 0, digits);
  }

  /// The character of that number, in UTF-8.
  void append_character(const Directive& directive, std::int64_t number) {
    const bool valid = number >= 0 && number <= 0x10FFFF && (number < 0xD800 || number >= 0xE000);
    const std::string escape = fmt::format("\\U{:08x}", valid ? number : 0xFFFD);
    std::string character = without_escapes(escape).value_or("");
    if (directive.verb == 'q') {
      const std::string quoted = go_quoted(character);
      character = character == "'"    ? "\\'"
                  : character == "\"" ? "\""
                                      : quoted.substr(1, quoted.size() - 2);
      character = "'" + character + "'";
    }
    append_padded(directive, character);
  }

  void append_real(const Directive& directive, const Value& value) {
    if (std::string_view("vfFeEgG").find(directive.verb) == std::string_view::npos) {
      return append_bad(directive, value);
    }
    const double number = value.real();
    if (!std::isfinite(number)) return append_padded(directive, go_real(number));
    append_number(directive, std::signbit(number), without_sign(number, directive));
  }

  void append_number(const Directive& directive, bool negative, const std::string& digits) {
    const std::string sign = negative ? "-" : directive.plus ? "+" : directive.blank ? " " : "";
    const std::size_t size = sign.size() + digits.size();
    const bool zeros = directive.zero && !directive.minus && directive.width > size;
    if (!zeros) return append_padded(directive, sign + digits);
    append_bounded(text_, sign + std::string(directive.width - size, '0') + digits);
  }

  void append_text(const Directive& directive, const Value& value) {
    std::string_view text = value.text();
    if (directive.precision) text = first_characters(text, *directive.precision);
    switch (directive.verb) {
      case 's':
      case 'v':
        return append_padded(directive, text);
      case 'q':
        return append_padded(directive, go_quoted(text));
      case 'x':
      case 'X':
        return append_padded(directive, hex_of(text, directive.verb == 'X'));
      default:
        append_bad(directive, value);
    }
  }

  void append_list(const Directive& directive, const Value& value) {
    append_bounded(text_, "[");
    for (const Value& element : value.elements()) {
      if (&element != value.elements().data()) append_bounded(text_, " ");
      append_value(directive, element);
    }
    append_bounded(text_, "]");
  }

  void append_members(const Directive& directive, const Value& value) {
    const bool is_map = value.kind() == Kind::map;
    append_bounded(text_, is_map ? "map[" : "{");
    bool first = true;
    for (const Value::Member& member : value.members()) {
      if (member.value.kind() == Kind::lookup) continue;
      if (!first) append_bounded(text_, " ");
      first = false;
      if (is_map) {
        append_text(directive, Value(member.name));
        append_bounded(text_, ":");
      }
      append_value(directive, member.value);
    }
    append_bounded(text_, is_map ? "]" : "}");
  }

  void append_padded(const Directive& directive, std::string_view text) {
    const std::size_t size = directive.width == 0 ? 0 : count_characters(text);
    const std::string blanks(directive.width > size ? directive.width - size : 0, ' ');
    if (!directive.minus) append_bounded(text_, blanks);
    append_bounded(text_, text);
    if (directive.minus) append_bounded(text_, blanks);
  }

  void append_bad(const Directive& directive, const Value& value) {
    append_bounded(text_, fmt::format("%!{}({}=", directive.verb, value.type_name()));
    append_bounded(text_, go_text(value));
    append_bounded(text_, ")");
  }

  void append_extra() {
    if (next_ == arguments_.size()) return;
    append_bounded(text_, "%!(EXTRA ");
    for (std::size_t i = next_; i < arguments_.size(); ++i) {
      const Value& value = arguments_[i];
      const bool nil = value.kind() == Kind::null || value.kind() == Kind::missing;
      if (i > next_) append_bounded(text_, ", ");
      if (!nil) append_bounded(text_, fmt::format("{}=", value.type_name()));
      append_bounded(text_, go_text(value));
    }
    append_bounded(text_, ")");
  }

  std::string_view format_;
  Arguments arguments_;
  std::size_t next_ = 0;
  std::string text_;
};

}  // namespace

std::string go_printf(std::string_view format, Arguments arguments) {
  return Printer(format, arguments).run();
}

}  // namespace cbuild::cli::templates
