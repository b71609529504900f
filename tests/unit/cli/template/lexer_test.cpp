// Actions, trim markers, numbers and quotes are read as Go reads them. The rows were recorded with
// Go 1.19.
#include "src/cli/template/lexer.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"
#include "src/cli/template.h"
#include "src/cli/template/escapes.h"
#include "src/cli/value.h"

namespace cbuild::cli::templates {
namespace {

using namespace std::string_view_literals;

struct Row {
  std::string_view text;
  std::optional<std::string_view> wanted;  ///< nullopt: it is refused
};

void check_printed(std::string_view text, std::optional<std::string_view> wanted) {
  CAPTURE(text);
  std::optional<std::string> printed;
  try {
    printed = Template::parse(text).render(Value());
  } catch (const Error&) {
    CHECK_FALSE(wanted.has_value());
  }
  CHECK(printed == wanted);
}

TEST_CASE("blanks are trimmed where a marker says so, comments are left out") {
  const Row rows[] = {
      {"a {{1}} b"sv, "a 1 b"sv},
      {"a {{- 1}} b"sv, "a1 b"sv},
      {"a {{1 -}} b"sv, "a 1b"sv},
      {"a {{- 1 -}} b"sv, "a1b"sv},
      {"a{{-1}}b"sv, "a-1b"sv},
      {"a {{-1}} b"sv, "a -1 b"sv},
      {"a \t\n {{- 1 -}} \015\n b"sv, "a1b"sv},
      {"{{- 1}}"sv, "1"sv},
      {"{{1 -}}"sv, "1"sv},
      {"  {{- 1 -}}  "sv, "1"sv},
      {"a {{- /* c */}} b"sv, "a b"sv},
      {"a {{/* c */ -}} b"sv, "a b"sv},
      {"a {{- /* c */ -}} b"sv, "ab"sv},
      {"a {{/* }} */}} b"sv, "a  b"sv},
      {"a {{/**/}} b"sv, "a  b"sv},
      {"a {{1 -}} {{- 2}} b"sv, "a 12 b"sv},
      {"a {{1}}{{2}} b"sv, "a 12 b"sv},
      {"{{\"}}\"}}"sv, "}}"sv},
      {"{{`}}`}}"sv, "}}"sv},
      {"{{\"a\\\"}}\"}}"sv, "a\"}}"sv},
      {"{ {1} }"sv, "{ {1} }"sv},
      {"}}"sv, "}}"sv},
      {"a }} b"sv, "a }} b"sv},
      {"{{1}}}"sv, "1}"sv},
      {"{{{1}}}"sv, std::nullopt},
      {"a {{1-}} b"sv, std::nullopt},
      {"a {{ -1 }} b"sv, "a -1 b"sv},
      {"a {{/* c */-}} b"sv, std::nullopt},
      {"a {{-/* c */}} b"sv, std::nullopt},
      {"{{ /* c */}}"sv, std::nullopt},
      {"{{1}} {{/* x"sv, std::nullopt},
      {"{{1"sv, std::nullopt},
      {"{{"sv, std::nullopt},
      {"a {{1 - }} b"sv, std::nullopt},
      {"x{{\n1\n}}y"sv, "x1y"sv},
      {"{{- -}}"sv, std::nullopt},
      {"{{-  -}}"sv, std::nullopt},
  };
  for (const Row& row : rows)
    check_printed(row.text, row.wanted);
}

TEST_CASE("numbers are Go's") {
  const Row rows[] = {
      {"0"sv, "0"sv},
      {"7"sv, "7"sv},
      {"-7"sv, "-7"sv},
      {"+7"sv, "7"sv},
      {"007"sv, "7"sv},
      {"08"sv, std::nullopt},
      {"0x1f"sv, "31"sv},
      {"0X1F"sv, "31"sv},
      {"-0x10"sv, "-16"sv},
      {"0b101"sv, "5"sv},
      {"0b102"sv, std::nullopt},
      {"0o17"sv, "15"sv},
      {"017"sv, "15"sv},
      {"1_000"sv, "1000"sv},
      {"1.5"sv, "1.5"sv},
      {"-1.5"sv, "-1.5"sv},
      {".5"sv, "0.5"sv},
      {"5."sv, "5"sv},
      {"1e3"sv, "1000"sv},
      {"1E+3"sv, "1000"sv},
      {"1e-3"sv, "0.001"sv},
      {"1e"sv, std::nullopt},
      {"1.2.3"sv, std::nullopt},
      {"9223372036854775807"sv, "9223372036854775807"sv},
      {"9223372036854775808"sv, std::nullopt},
      {"-9223372036854775808"sv, "-9223372036854775808"sv},
      {"1x"sv, std::nullopt},
      {"0x"sv, std::nullopt},
      {"0xg"sv, std::nullopt},
      {"1e400"sv, std::nullopt},
      {"12abc"sv, std::nullopt},
  };
  for (const Row& row : rows) {
    const std::string text = "{{" + std::string(row.text) + "}}";
    check_printed(text, row.wanted);
  }
}

TEST_CASE("escapes in quotes stand for characters") {
  const Row rows[] = {
      {"plain"sv, "plain"sv},
      {"\\n"sv, "\n"sv},
      {"\\t\\r\\a\\b\\f\\v"sv, "\t\015\007\010\014\013"sv},
      {"\\\\"sv, "\\"sv},
      {"\\\""sv, "\""sv},
      {"\\'"sv, std::nullopt},
      {"\\x41"sv, "A"sv},
      {"\\x4"sv, std::nullopt},
      {"\\x4g"sv, std::nullopt},
      {"\\101"sv, "A"sv},
      {"\\1"sv, std::nullopt},
      {"\\08"sv, std::nullopt},
      {"\\400"sv, std::nullopt},
      {"\\377"sv, "\377"sv},
      {"\\u00e9"sv, "\303\251"sv},
      {"\\u12"sv, std::nullopt},
      {"\\ud800"sv, std::nullopt},
      {"\\U0001F600"sv, "\360\237\230\200"sv},
      {"\\U00110000"sv, std::nullopt},
      {"\\U1"sv, std::nullopt},
      {"\\q"sv, std::nullopt},
      {"\\"sv, std::nullopt},
      {"a\\"sv, std::nullopt},
      {"\303\251"sv, "\303\251"sv},
      {"\\e"sv, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(without_escapes(row.text) == row.wanted);
  }
}

TEST_CASE("what cannot be seen is escaped in quotes") {
  const Row rows[] = {
      {""sv, "\"\""sv},
      {"plain"sv, "\"plain\""sv},
      {"a\"b"sv, "\"a\\\"b\""sv},
      {"back\\slash"sv, "\"back\\\\slash\""sv},
      {"tab\tnew\nreturn\015"sv, "\"tab\\tnew\\nreturn\\r\""sv},
      {"\007\010\014\013"sv, "\"\\a\\b\\f\\v\""sv},
      {"nul\000"sv, "\"nul\\x00\""sv},
      {"\033[1m"sv, "\"\\x1b[1m\""sv},
      {"del\177"sv, "\"del\\x7f\""sv},
      {"\303\251"sv, "\"\303\251\""sv},
      {"\346\227\245\346\234\254"sv, "\"\346\227\245\346\234\254\""sv},
      {"\342\200\213"sv, "\"\\u200b\""sv},
      {"\342\200\256"sv, "\"\\u202e\""sv},
      {"\357\273\277"sv, "\"\\ufeff\""sv},
      {"bad\377"sv, "\"bad\\xff\""sv},
      {"half\303"sv, "\"half\\xc3\""sv},
      {"'single'"sv, "\"'single'\""sv},
      {"`raw`"sv, "\"`raw`\""sv},
      {"\360\237\230\200"sv, "\"\360\237\230\200\""sv},
  };
  for (const Row& row : rows)
    CHECK(go_quoted(row.text) == row.wanted);
}

TEST_CASE("an action is cut into words, each with its place") {
  using Kind = Token::Kind;
  const std::string_view text = "$x := (.A.B | len) , \"q\" -1 true nil .";
  const std::vector<Token> words = cut_action(text, 0, text.size());

  struct Word {
    Kind kind;
    std::string_view text;
    bool after_space;
  };

  const Word wanted[] = {
      {Kind::variable, "$x", false},   {Kind::declare, ":=", true},  {Kind::open, "(", true},
      {Kind::field, ".A", false},      {Kind::field, ".B", false},   {Kind::pipe, "|", true},
      {Kind::identifier, "len", true}, {Kind::close, ")", false},    {Kind::comma, ",", true},
      {Kind::constant, "\"q\"", true}, {Kind::constant, "-1", true}, {Kind::constant, "true", true},
      {Kind::nil, "nil", true},        {Kind::dot, ".", true},       {Kind::end, "", false},
  };
  REQUIRE(words.size() == std::size(wanted));
  for (std::size_t i = 0; i < words.size(); ++i) {
    CAPTURE(i);
    CHECK(words[i].kind == wanted[i].kind);
    CHECK(text.substr(words[i].place.offset, words[i].place.size) == wanted[i].text);
    CHECK(words[i].after_space == wanted[i].after_space);
  }
  CHECK(words[3].name == "A");
  CHECK(words[9].value.text() == "q");
  CHECK(words[10].value.integer() == -1);
}

TEST_CASE("a template is cut into texts and actions") {
  const std::vector<Piece> pieces =
      cut_template(R"(a\t{{.ID}}{{- "x" -}} b{{/* c */}}\n)", Escapes::replaced);
  REQUIRE(pieces.size() == 5);
  CHECK(pieces[0].text == "a\t");
  CHECK(pieces[1].words.size() == 2);
  CHECK(pieces[2].words.size() == 2);
  CHECK(pieces[3].text == "b");
  CHECK(pieces[4].text == "\n");
  CHECK(cut_template(R"(a\t)", Escapes::kept).front().text == R"(a\t)");
  CHECK(cut_template("", Escapes::kept).empty());
}

}  // namespace
}  // namespace cbuild::cli::templates
