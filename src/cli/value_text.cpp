// Values as texts; see value_text.h.
#include "src/cli/value_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace cbuild::cli {

namespace {

using Kind = Value::Kind;

void append_text(std::string& text, const Value& value);

void append_list(std::string& text, const Value& value) {
  text += '[';
  for (const Value& element : value.elements()) {
    if (&element != value.elements().data()) text += ' ';
    append_text(text, element);
  }
  text += ']';
}

void append_members(std::string& text, const Value& value) {
  const bool is_map = value.kind() == Kind::map;
  text += is_map ? "map[" : "{";
  bool first = true;
  for (const Value::Member& member : value.members()) {
    if (member.value.kind() == Kind::lookup) continue;
    if (!first) text += ' ';
    first = false;
    if (is_map) text.append(member.name).append(":");
    append_text(text, member.value);
  }
  text += is_map ? ']' : '}';
}

void append_text(std::string& text, const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::null:
      text += "<nil>";
      break;
    case Kind::boolean:
      text += value.boolean() ? "true" : "false";
      break;
    case Kind::integer:
      text += std::to_string(value.integer());
      break;
    case Kind::real:
      text += go_real(value.real());
      break;
    case Kind::text:
      text += value.text();
      break;
    case Kind::list:
      append_list(text, value);
      break;
    case Kind::map:
    case Kind::record:
      append_members(text, value);
      break;
    case Kind::lookup:
      break;
  }
}

}  // namespace

std::string go_text(const Value& value) {
  std::string text;
  append_text(text, value);
  return text;
}

std::string go_real(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  constexpr double kLeast = 1e-4;
  constexpr double kMost = 1e6;
  const double size = std::abs(number);
  const bool exponent = size != 0 && (size < kLeast || size >= kMost);
  std::array<char, 64> buffer;
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                    exponent ? std::chars_format::scientific : std::chars_format::fixed);
  return {buffer.data(), result.ptr};
}

}  // namespace cbuild::cli
