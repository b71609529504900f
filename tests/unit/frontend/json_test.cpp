// The exec form: a JSON array of strings, and what only looks like one.
#include "frontend/dockerfile/json.h"

#include <doctest/doctest.h>

namespace cbuild::frontend {

namespace {

std::string nested(std::size_t depth) {
  return "[" + std::string(depth, '[') + std::string(depth, ']') + "]";
}

/// The one string of `text`.
std::string string_of(const std::string& text) {
  const StringArray array = parse_string_array(text);
  REQUIRE(array.kind == StringArray::Kind::strings);
  REQUIRE(array.items.size() == 1);
  return array.items[0].value;
}

}  // namespace

TEST_CASE("a string array and what only looks like one") {
  using Kind = StringArray::Kind;

  struct Row {
    std::string text;
    Kind kind;
  };

  const Row rows[] = {
      {"[]", Kind::strings},
      {"[\"a\" , \"b\"] ", Kind::strings},
      {"[\"\\ud83d\\ude00\"]", Kind::strings},
      {"[\"\\ud83d\"]", Kind::strings},
      {"[1, -2.5e+3, true, false, null, {}, [[]]]", Kind::no_strings},
      {"[\"a\",]", Kind::no_array},
      {"[,]", Kind::no_array},
      {"[\"\\x\"]", Kind::no_array},
      {"[\"\\u12\"]", Kind::no_array},
      {"[\"a\tb\"]", Kind::no_array},
      {"[01]", Kind::no_array},
      {"[tru]", Kind::no_array},
      {"{}", Kind::no_array},
      {"\"a\"", Kind::no_array},
      {"", Kind::no_array},
      {" \t\r\n[ \t\r\n\"a\" ] \n", Kind::strings},
      {"\v[\"a\"]", Kind::no_array},
      {"[\"a\"\v]", Kind::no_array},
      {"[\"a\"] x", Kind::no_array},
      {"[\"a\"]]", Kind::no_array},
      {"[\"a\" \"b\"]", Kind::no_array},
      {"[\"a\", [1, {\"k\": \"v\", \"l\": {}}]]", Kind::no_strings},
      {"[{\"k\" 1}]", Kind::no_array},
      {"[{k: 1}]", Kind::no_array},
      {"[{1: 1}]", Kind::no_array},
      {"[{\"k\": 1,}]", Kind::no_array},
      {"[-]", Kind::no_array},
      {"[1.]", Kind::no_array},
      {"[.5]", Kind::no_array},
      {"[+1]", Kind::no_array},
      {"[1e]", Kind::no_array},
      {"[0, 0.5, 1E5, 1e-5, -0]", Kind::no_strings},
      {"[True]", Kind::no_array},
      {"[nullx]", Kind::no_array},
      {"[\"a", Kind::no_array},
      {"[\"a\\", Kind::no_array},
      {"[\"a\\\"]", Kind::no_array},
      {nested(100), Kind::no_strings},
      {nested(101), Kind::no_array},
      {std::string("[\"a\0b\"]", 7), Kind::no_array},
      {std::string(60'000, '['), Kind::no_array},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 40));
    CHECK(parse_string_array(row.text).kind == row.kind);
  }
}

TEST_CASE("escapes in strings mean what RFC 8259 says, and half a pair is U+FFFD") {
  struct Row {
    std::string text;
    std::string value;
  };

  const Row rows[] = {
      {R"(["\"\\\/\b\f\n\r\t"])", "\"\\/\b\f\n\r\t"},
      {R"(["\u0041\u00fc\u20AC\uffff"])", "A\xC3\xBC\u20ac\uffff"},
      {R"(["\ud83d\ude00"])", "\U0001f600"},
      {R"(["\uDBFF\uDFFF"])", "\U0010ffff"},
      {R"(["\ud83dx"])", "\uFFFDx"},
      {R"(["\ude00\ud83d"])", "\uFFFD\uFFFD"},
      {R"(["\ud83d\u0041"])", "\uFFFDA"},
      {R"(["\ud83d\n"])", "\uFFFD\n"},
      {R"(["\u0000"])", std::string(1, '\0')},
      {"[\"'$x \u20ac\x7f\"]", "'$x \u20ac\x7f"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(string_of(row.text) == row.value);
  }
}

TEST_CASE("every string of an array knows its place, quotes included") {
  const std::string text = R"( [ "a b" ,"\u0041",""])";
  const StringArray array = parse_string_array(text);
  REQUIRE(array.items.size() == 3);
  const std::string places[] = {R"("a b")", R"("\u0041")", R"("")"};
  for (std::size_t i = 0; i < 3; ++i) {
    const StringArray::Item& item = array.items[i];
    CHECK(text.substr(item.begin, item.end - item.begin) == places[i]);
  }
  CHECK(parse_string_array("[\"a\", 1]").items.empty());
  CHECK(parse_string_array("[\"a\"").items.empty());
}

}  // namespace cbuild::frontend
