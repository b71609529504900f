// Functions that make texts; see text_functions.h.
#include "src/cli/template/text_functions.h"

#include <algorithm>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "cbuild/util/utf8.h"
#include "src/cli/json_value.h"
#include "src/cli/template/printf.h"
#include "src/cli/value_text.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Value::Kind;

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::size_t count_argument(Arguments arguments, std::size_t index) {
  constexpr std::int64_t kMost = 1'000'000;
  const std::int64_t count = integer_argument(arguments, index);
  if (count >= 0 && count <= kMost) return static_cast<std::size_t>(count);
  throw Error(ErrorKind::usage, "a count of {} (want 0 to {})", count, kMost);
}

std::vector<std::string> split_characters(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t size = next_code_point(text).size;
    parts.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return parts;
}

}  // namespace

Value run_json(Arguments arguments) {
  return to_json(arguments[0]);
}

Value run_join(Arguments arguments) {
  const Value& value = arguments[0];
  const std::string& separator = text_argument(arguments, 1);
  std::vector<std::string> parts;
  switch (value.kind()) {
    case Kind::missing:
    case Kind::null:
      break;
    case Kind::list:
      for (const Value& element : value.elements())
        parts.push_back(go_text(element));
      break;
    case Kind::map:
      for (const Value::Member& member : value.members())
        parts.push_back(go_text(member.value));
      std::ranges::sort(parts);
      break;
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
    case Kind::text:
    case Kind::record:
    case Kind::lookup:
      throw Error(ErrorKind::usage, "expected slice, got {}", value.type_name());
  }
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) append_bounded(text, separator);
    append_bounded(text, part);
  }
  return text;
}

Value run_split(Arguments arguments) {
  constexpr std::size_t kMostParts = 100'000;
  const std::string& text = text_argument(arguments, 0);
  const std::string& separator = text_argument(arguments, 1);
  if (separator.empty() && text.size() <= kMostParts) return Value::texts(split_characters(text));
  std::vector<std::string> parts;
  std::string_view rest = text;
  for (;;) {
    if (parts.size() == kMostParts || separator.empty()) {
      throw Error(ErrorKind::usage, "more than {} parts", kMostParts);
    }
    const auto at = rest.find(separator);
    parts.emplace_back(rest.substr(0, at));
    if (at == std::string_view::npos) return Value::texts(parts);
    rest.remove_prefix(at + separator.size());
  }
}

Value run_upper(Arguments arguments) {
  return to_upper(text_argument(arguments, 0));
}

Value run_lower(Arguments arguments) {
  return to_lower(text_argument(arguments, 0));
}

Value run_title(Arguments arguments) {
  std::string text = text_argument(arguments, 0);
  bool in_word = false;
  for (char& c : text) {
    if (!in_word) c = to_upper(std::string_view(&c, 1)).front();
    in_word = is_word_character(c);
  }
  return text;
}

Value run_pad(Arguments arguments) {
  const std::string& text = text_argument(arguments, 0);
  const std::size_t before = count_argument(arguments, 1);
  const std::size_t behind = count_argument(arguments, 2);
  if (text.empty()) return text;
  return std::string(before, ' ') + text + std::string(behind, ' ');
}

Value run_truncate(Arguments arguments) {
  const std::string& text = text_argument(arguments, 0);
  const std::int64_t length = integer_argument(arguments, 1);
  if (length < 0) throw Error(ErrorKind::usage, "a length of {} (want 0 or more)", length);
  std::size_t end = std::min(static_cast<std::size_t>(length), text.size());
  constexpr std::size_t kLongest = 4;  // bytes of a character
  const auto continues = [&] {
    return end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80;
  };
  for (std::size_t i = 1; i < kLongest && end > 0 && continues(); ++i)
    --end;
  return text.substr(0, end);
}

Value run_print(Arguments arguments) {
  std::string text;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool after_text = i == 0 || arguments[i - 1].kind() == Kind::text;
    if (!after_text && arguments[i].kind() != Kind::text) text += ' ';
    append_bounded(text, go_text(arguments[i]));
  }
  return text;
}

Value run_println(Arguments arguments) {
  std::string text;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) text += ' ';
    append_bounded(text, go_text(arguments[i]));
  }
  return text + "\n";
}

Value run_printf(Arguments arguments) {
  return go_printf(text_argument(arguments, 0), arguments.subspan(1));
}

}  // namespace cbuild::cli::templates
