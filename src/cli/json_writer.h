// JSON for people and scripts: indented, members in the order they are written.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::cli {

/// `text` as a JSON string with its quotes. Control, invisible and direction-changing characters
/// are escaped, bytes that are no UTF-8 become U+FFFD: the result may be shown on a terminal.
std::string json_string(std::string_view text);

/// Writes one JSON document. The caller keeps the nesting right: begin and end in pairs, key()
/// before each value of an object.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }

  JsonWriter& end_object() { return close('}'); }

  JsonWriter& begin_array() { return open('['); }

  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);

  JsonWriter& value(const char* text) { return value(std::string_view(text)); }

  JsonWriter& value(std::int64_t number) { return literal(std::to_string(number)); }

  JsonWriter& value(std::uint64_t number) { return literal(std::to_string(number)); }

  JsonWriter& value(std::same_as<bool> auto truth) { return literal(truth ? "true" : "false"); }

  /// A whole JSON document as one value, unchanged.
  JsonWriter& document(std::string_view json) { return literal(json); }

  JsonWriter& null() { return literal("null"); }

  template <typename Value>
  JsonWriter& member(std::string_view name, const Value& content) {
    return key(name).value(content);
  }

  JsonWriter& strings(std::string_view name, const std::vector<std::string>& texts);

  /// The document, with a newline at its end.
  std::string take() { return std::move(text_) + "\n"; }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& literal(std::string_view text);
  void before_value();
  void new_line();

  std::string text_;
  std::size_t depth_ = 0;
  bool empty_ = true;  // nothing in the innermost bracket yet
  bool after_key_ = false;
};

}  // namespace cbuild::cli
