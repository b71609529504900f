// Comparisons of templates are Go's. The rows were recorded with Go 1.19.
#include "src/cli/template/comparisons.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

namespace cbuild::cli::templates {
namespace {

/// "1", "0", or "-" when the comparison is refused.
std::string answer(Value (*compare)(Arguments), const std::vector<Value>& arguments) {
  try {
    return compare(arguments).boolean() ? "1" : "0";
  } catch (const Error&) {
    return "-";
  }
}

TEST_CASE("values of one type are compared, others are refused") {
  struct Row {
    Value a;
    Value b;
    const char* answers;  ///< of eq ne lt le gt ge
  };

  const Row rows[] = {
      {1, 1, "1 0 0 1 0 1"},         {1, 2, "0 1 1 1 0 0"},        {1, "1", "- - - - - -"},
      {1, "2", "- - - - - -"},       {1, 1.5, "- - - - - -"},      {1, 2.5, "- - - - - -"},
      {1, true, "- - - - - -"},      {1, false, "- - - - - -"},    {2, 1, "0 1 0 0 1 1"},
      {2, 2, "1 0 0 1 0 1"},         {2, "1", "- - - - - -"},      {2, "2", "- - - - - -"},
      {2, 1.5, "- - - - - -"},       {2, 2.5, "- - - - - -"},      {2, true, "- - - - - -"},
      {2, false, "- - - - - -"},     {"1", 1, "- - - - - -"},      {"1", 2, "- - - - - -"},
      {"1", "1", "1 0 0 1 0 1"},     {"1", "2", "0 1 1 1 0 0"},    {"1", 1.5, "- - - - - -"},
      {"1", 2.5, "- - - - - -"},     {"1", true, "- - - - - -"},   {"1", false, "- - - - - -"},
      {"2", 1, "- - - - - -"},       {"2", 2, "- - - - - -"},      {"2", "1", "0 1 0 0 1 1"},
      {"2", "2", "1 0 0 1 0 1"},     {"2", 1.5, "- - - - - -"},    {"2", 2.5, "- - - - - -"},
      {"2", true, "- - - - - -"},    {"2", false, "- - - - - -"},  {1.5, 1, "- - - - - -"},
      {1.5, 2, "- - - - - -"},       {1.5, "1", "- - - - - -"},    {1.5, "2", "- - - - - -"},
      {1.5, 1.5, "1 0 0 1 0 1"},     {1.5, 2.5, "0 1 1 1 0 0"},    {1.5, true, "- - - - - -"},
      {1.5, false, "- - - - - -"},   {2.5, 1, "- - - - - -"},      {2.5, 2, "- - - - - -"},
      {2.5, "1", "- - - - - -"},     {2.5, "2", "- - - - - -"},    {2.5, 1.5, "0 1 0 0 1 1"},
      {2.5, 2.5, "1 0 0 1 0 1"},     {2.5, true, "- - - - - -"},   {2.5, false, "- - - - - -"},
      {true, 1, "- - - - - -"},      {true, 2, "- - - - - -"},     {true, "1", "- - - - - -"},
      {true, "2", "- - - - - -"},    {true, 1.5, "- - - - - -"},   {true, 2.5, "- - - - - -"},
      {true, true, "1 0 - - - -"},   {true, false, "0 1 - - - -"}, {false, 1, "- - - - - -"},
      {false, 2, "- - - - - -"},     {false, "1", "- - - - - -"},  {false, "2", "- - - - - -"},
      {false, 1.5, "- - - - - -"},   {false, 2.5, "- - - - - -"},  {false, true, "0 1 - - - -"},
      {false, false, "1 0 - - - -"},
  };
  for (const Row& row : rows) {
    const std::vector<Value> pair = {row.a, row.b};
    CHECK(answer(run_eq, pair) + " " + answer(run_ne, pair) + " " + answer(run_lt, pair) + " " +
              answer(run_le, pair) + " " + answer(run_gt, pair) + " " + answer(run_ge, pair) ==
          row.answers);
  }
}

TEST_CASE("nil equals nil only, and nothing is less than it") {
  for (const Value& nil : {Value(), Value::missing(), Value::nil_list(), Value::nil_map()}) {
    CHECK(answer(run_eq, {nil, Value()}) == "1");
    CHECK(answer(run_eq, {nil, Value::missing()}) == "1");
    CHECK(answer(run_eq, {nil, "a"}) == "0");
    CHECK(answer(run_ne, {"a", nil}) == "1");
    CHECK(answer(run_lt, {nil, "a"}) == "-");
    CHECK(answer(run_lt, {nil, nil}) == "-");
  }
}

TEST_CASE("eq takes several values, of which the first is enough") {
  CHECK(answer(run_eq, {1, 2, 3, 1}) == "1");
  CHECK(answer(run_eq, {1, 2, 3}) == "0");
  CHECK(answer(run_eq, {1, 1, "a"}) == "1");
  CHECK(answer(run_eq, {1, "a", 1}) == "-");
}

TEST_CASE("lists, maps and records are not comparable") {
  for (const Value& value : {Value::list({1}), Value::map({{"a", 1}}), Value::record({{"a", 1}})}) {
    CHECK(answer(run_eq, {value, value}) == "-");
    CHECK(answer(run_lt, {value, value}) == "-");
    CHECK(answer(run_eq, {value, Value()}) == "0");
  }
}

}  // namespace
}  // namespace cbuild::cli::templates
