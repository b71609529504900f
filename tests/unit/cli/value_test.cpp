// Values of templates: from JSON, to JSON, to Go's text.
#include "src/cli/value.h"

#include <limits>

#include "src/cli/json_value.h"
#include "src/cli/value_text.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

using Kind = Value::Kind;

TEST_CASE("JSON has its types, and comes out as it went in") {
  struct Row {
    const char* json;
    Kind kind;
    const char* text;
  };

  const Row rows[] = {{"null", Kind::null, "<nil>"},
                      {"true", Kind::boolean, "true"},
                      {"-7", Kind::integer, "-7"},
                      {"9223372036854775807", Kind::integer, "9223372036854775807"},
                      {"1.5", Kind::real, "1.5"},
                      {"1e+21", Kind::real, "1e+21"},
                      {"\"a b\"", Kind::text, "a b"},
                      {"[]", Kind::list, "[]"},
                      {"[1,\"x\",null]", Kind::list, "[1 x <nil>]"},
                      {"{}", Kind::record, "{}"},
                      {"{\"b\":1,\"a\":{\"c\":[2]}}", Kind::record, "{1 {[2]}}"}};
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const Value value = parse_json(row.json);
    CHECK(value.kind() == row.kind);
    CHECK(go_text(value) == row.text);
    CHECK(to_json(value) == row.json);
  }
}

TEST_CASE("a shape tells maps from records, and empty lists from nothing") {
  const DocumentShape shape{.maps = {"Labels", "Ports"}, .lists = {"Cmd", "Env"}};
  const Value value = parse_json(
      R"({"Labels":{"b":"2","a":"1"},"Cmd":null,"Env":["x"],"Ports":null,"Other":{"b":1},)"
      R"("In":{"Labels":{}}})",
      shape);
  CHECK(value.find("Labels")->kind() == Kind::map);
  CHECK(go_text(*value.find("Labels")) == "map[a:1 b:2]");
  CHECK(value.find("Cmd")->kind() == Kind::list);
  CHECK(go_text(*value.find("Cmd")) == "[]");
  CHECK(value.find("Cmd")->is_nil_container());
  CHECK_FALSE(value.find("Env")->is_nil_container());
  CHECK(go_text(*value.find("Ports")) == "map[]");
  CHECK(value.find("Other")->kind() == Kind::record);
  CHECK(value.find("In")->find("Labels")->kind() == Kind::map);
  CHECK(to_json(value) ==
        R"({"Labels":{"a":"1","b":"2"},"Cmd":null,"Env":["x"],"Ports":null,"Other":{"b":1},)"
        R"("In":{"Labels":{}}})");
}

TEST_CASE("what is no JSON is refused") {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "nul", "01", "1 2", "\"\x01\"", "{'a':1}"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_json(text), doctest::Contains("not valid JSON"), Error);
  }
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(to_json(parse_json(nested(64))) == nested(64));
  CHECK_THROWS_WITH_AS(parse_json(nested(65)), doctest::Contains("nested more than 64"), Error);
  CHECK_THROWS_AS(parse_json(nested(1'000'000)), Error);
}

TEST_CASE("members are found by name, in maps sorted and unique") {
  const Value map = Value::map({{"b", 1}, {"a", 2}, {"b", 3}});
  REQUIRE(map.members().size() == 2);
  CHECK(map.members()[0].name == "a");
  CHECK(map.find("b")->integer() == 3);
  CHECK(map.find("c") == nullptr);
  CHECK(Value::nil_map().find("a") == nullptr);
  CHECK(Value("a").find("a") == nullptr);
  const Value record = Value::record({{"b", 1}, {"a", 2}});
  CHECK(record.members()[0].name == "b");
  CHECK(record.find("a")->integer() == 2);
}

TEST_CASE("truth is Go's") {
  for (const Value& value : {Value(true), Value(1), Value(-0.5), Value("x"), Value::list({0}),
                             Value::map({{"a", ""}}), Value::record({})})
    CHECK(value.truth());
  for (const Value& value : {Value(), Value::missing(), Value(false), Value(0), Value(0.0),
                             Value(""), Value::list({}), Value::nil_list(), Value::map({})})
    CHECK_FALSE(value.truth());
}

TEST_CASE("real numbers are printed as Go prints a float64") {
  struct Row {
    double number;
    const char* text;
  };

  const double infinity = std::numeric_limits<double>::infinity();
  const Row rows[] = {{0, "0"},
                      {1, "1"},
                      {-2.5, "-2.5"},
                      {0.1, "0.1"},
                      {123456, "123456"},
                      {1e6, "1e+06"},
                      {123456789, "1.23456789e+08"},
                      {0.0001, "0.0001"},
                      {0.00001, "1e-05"},
                      {infinity, "+Inf"},
                      {-infinity, "-Inf"},
                      {std::numeric_limits<double>::quiet_NaN(), "NaN"}};
  for (const Row& row : rows)
    CHECK(go_real(row.number) == row.text);
  CHECK(to_json(Value(infinity)) == "null");
  CHECK(to_json(Value(1e6)) == "1000000");
}

TEST_CASE("a number that no int64 holds is real") {
  CHECK(Value(std::uint64_t{5}).kind() == Kind::integer);
  CHECK(Value(std::numeric_limits<std::uint64_t>::max()).kind() == Kind::real);
}

}  // namespace
}  // namespace cbuild::cli
