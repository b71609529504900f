// JSON → values of templates; see json_value.h.
#include "src/cli/json_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/json_writer.h"

namespace cbuild::cli {

namespace {

using Kind = Value::Kind;

constexpr std::size_t kMaxDepth = 64;

/// Builds the value while the document is read, so that nothing is held twice.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(const DocumentShape& shape) : shape_(shape) {}

  bool null() override {
    if (is_of(shape_.lists)) return put(Value::nil_list());
    if (is_of(shape_.maps)) return put(Value::nil_map());
    return put(Value());
  }

  bool boolean(bool truth) override { return put(Value(truth)); }

  bool number_integer(std::int64_t number) override { return put(Value(number)); }

  bool number_unsigned(std::uint64_t number) override { return put(Value(number)); }

  bool number_float(double number, const std::string&) override { return put(Value(number)); }

  bool string(std::string& text) override { return put(Value(std::move(text))); }

  bool binary(nlohmann::json::binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(false); }

  bool start_array(std::size_t) override { return open(true); }

  bool key(std::string& name) override {
    open_.back().key = std::move(name);
    return true;
  }

  bool end_object() override {
    Level level = std::move(open_.back());
    open_.pop_back();
    return put(level.is_map ? Value::map(std::move(level.members))
                            : Value::record(std::move(level.members)));
  }

  bool end_array() override {
    Level level = std::move(open_.back());
    open_.pop_back();
    return put(Value::list(std::move(level.elements)));
  }

  bool parse_error(std::size_t,
                   const std::string&,
                   const nlohmann::json::exception& error) override {
    throw Error("not valid JSON ({})", printable(error.what()));
  }

  Value take() { return std::move(result_); }

 private:
  /// An object or list that is being read.
  struct Level {
    bool is_list = false;
    bool is_map = false;
    std::string name;  ///< its own key in what holds it
    std::string key;   ///< of the member that is being read
    Value::Members members;
    Value::List elements;
  };

  /// Whether the member that is being read is named in `names`.
  bool is_of(const std::set<std::string, std::less<>>& names) const {
    if (open_.empty()) return false;
    const Level& level = open_.back();
    return names.contains(level.key) || names.contains(level.name + "." + level.key) ||
           names.contains(level.name + ".*");
  }

  bool open(bool is_list) {
    if (open_.size() == kMaxDepth) throw Error("JSON nested more than {} deep", kMaxDepth);
    Level level;
    level.is_list = is_list;
    level.is_map = is_of(shape_.maps);
    if (!open_.empty()) level.name = open_.back().key;
    open_.push_back(std::move(level));
    return true;
  }

  bool put(Value value) {
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (Level& level = open_.back(); level.is_list) {
      level.elements.push_back(std::move(value));
    } else {
      level.members.push_back({level.key, std::move(value)});
    }
    return true;
  }

  const DocumentShape& shape_;
  std::vector<Level> open_;
  Value result_;
};

/// As Go's encoding/json: with an exponent below 1e-6 and from 1e21 on. JSON has no infinity.
std::string json_real(double number) {
  if (!std::isfinite(number)) return "null";
  constexpr double kLeast = 1e-6;
  constexpr double kMost = 1e21;
  const double size = std::abs(number);
  const bool exponent = size != 0 && (size < kLeast || size >= kMost);
  std::array<char, 64> buffer;
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                    exponent ? std::chars_format::scientific : std::chars_format::fixed);
  return {buffer.data(), result.ptr};
}

void append_json(std::string& json, const Value& value);

void append_json_list(std::string& json, const Value& value) {
  json += '[';
  for (const Value& element : value.elements()) {
    if (&element != value.elements().data()) json += ',';
    append_json(json, element);
  }
  json += ']';
}

void append_json_object(std::string& json, const Value& value) {
  json += '{';
  bool first = true;
  for (const Value::Member& member : value.members()) {
    if (member.value.kind() == Kind::lookup) continue;
    if (!first) json += ',';
    first = false;
    json.append(json_string(member.name)).append(":");
    append_json(json, member.value);
  }
  json += '}';
}

void append_json(std::string& json, const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::null:
    case Kind::lookup:
      json += "null";
      break;
    case Kind::real:
      json += json_real(value.real());
      break;
    case Kind::text:
      json += json_string(value.text());
      break;
    case Kind::boolean:
      json += value.boolean() ? "true" : "false";
      break;
    case Kind::integer:
      json += std::to_string(value.integer());
      break;
    case Kind::list:
    case Kind::map:
    case Kind::record:
      if (value.is_nil_container()) {
        json += "null";
      } else if (value.kind() == Kind::list) {
        append_json_list(json, value);
      } else {
        append_json_object(json, value);
      }
      break;
  }
}

}  // namespace

Value parse_json(std::string_view text, const DocumentShape& shape) {
  Builder builder(shape);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

std::string to_json(const Value& value) {
  std::string json;
  append_json(json, value);
  return json;
}

}  // namespace cbuild::cli
