// Writing JSON; see json_writer.h.
#include "src/cli/json_writer.h"

#include <fmt/core.h>

#include <algorithm>

#include "cbuild/util/utf8.h"

namespace cbuild::cli {

namespace {

/// Control characters, which a terminal would obey, and invisible ones.
bool must_escape(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

bool is_plain(char c) {
  return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
}

void append_escaped(std::string& result, const CodePoint& point, std::string_view bytes) {
  if (!point.valid) {
    result += "\\ufffd";
  } else if (point.value == '"' || point.value == '\\') {
    result.append("\\").append(bytes);
  } else if (point.value == '\n') {
    result += "\\n";
  } else if (point.value == '\t') {
    result += "\\t";
  } else if (must_escape(point.value)) {
    result += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point.value));
  } else {
    result += bytes;
  }
}

void append_string(std::string& result, std::string_view text) {
  result += '"';
  while (!text.empty()) {
    const auto plain =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    result += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const CodePoint point = next_code_point(text);
    append_escaped(result, point, text.substr(0, point.size));
    text.remove_prefix(point.size);
  }
  result += '"';
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string result;
  append_string(result, text);
  return result;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  before_value();
  append_string(text_, name);
  text_ += ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  append_string(text_, text);
  return *this;
}

JsonWriter& JsonWriter::strings(std::string_view name, const std::vector<std::string>& texts) {
  key(name).begin_array();
  for (const std::string& text : texts)
    value(text);
  return end_array();
}

JsonWriter& JsonWriter::literal(std::string_view text) {
  before_value();
  text_ += text;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  before_value();
  text_ += bracket;
  ++depth_;
  empty_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  --depth_;
  if (!empty_) new_line();
  text_ += bracket;
  empty_ = false;
  return *this;
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!empty_) text_ += ',';
  if (depth_ > 0) new_line();
  empty_ = false;
}

void JsonWriter::new_line() {
  text_ += '\n';
  text_.append(2 * depth_, ' ');
}

}  // namespace cbuild::cli
