// Tests of the JSON writer.
#include "src/cli/json_writer.h"

#include <doctest/doctest.h>

namespace cbuild::cli {
namespace {

TEST_CASE("strings are escaped, also what a terminal would obey") {
  CHECK(json_string("a\"b\\c") == R"("a\"b\\c")");
  CHECK(json_string("\n\t\x1b") == R"("\n\t\u001b")");
  CHECK(json_string("é 日本") == "\"é 日本\"");
  CHECK(json_string("\u202e\u200b\u009b\x7f") == R"("\u202e\u200b\u009b\u007f")");
  CHECK(json_string("\xff\xc3") == R"("\ufffd\ufffd")");
}

TEST_CASE("documents are indented, members stay in order") {
  JsonWriter json;
  json.begin_array().begin_object().member("b", "x").member("a", std::uint64_t{7});
  json.member("t", true).strings("e", {}).strings("l", {"1", "2"}).key("n").null();
  json.key("o").begin_object().end_object().end_object().end_array();
  CHECK(json.take() ==
        "[\n"
        "  {\n"
        "    \"b\": \"x\",\n"
        "    \"a\": 7,\n"
        "    \"t\": true,\n"
        "    \"e\": [],\n"
        "    \"l\": [\n"
        "      \"1\",\n"
        "      \"2\"\n"
        "    ],\n"
        "    \"n\": null,\n"
        "    \"o\": {}\n"
        "  }\n"
        "]\n");
  CHECK(JsonWriter().begin_array().end_array().take() == "[]\n");
}

}  // namespace
}  // namespace cbuild::cli
