// The functions of templates, each with what it takes and what it refuses.
#include "src/cli/template/functions.h"

#include "src/cli/value_text.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli::templates {
namespace {

/// What the function returns as a text, or why it refuses.
std::string call(std::string_view name, const std::vector<Value>& arguments) {
  const Function* function = find_function(name);
  REQUIRE(function != nullptr);
  std::string result;
  const std::string why = refusal_of([&] { result = go_text(function->run(arguments)); });
  return why == "accepted" ? result : why;
}

struct Row {
  const char* name;
  std::vector<Value> arguments;
  const char* result;
};

void check(const Row& row) {
  CAPTURE(row.name);
  CHECK(call(row.name, row.arguments) == row.result);
}

const Value& list() {
  static const Value kList = Value::texts({"a", "b", "c"});
  return kList;
}

const Value& map() {
  static const Value kMap = Value::map({{"x", "2"}, {"y", "1"}});
  return kMap;
}

TEST_CASE("functions that change a text") {
  const Row rows[] = {
      {"upper", {"aBc-1"}, "ABC-1"},
      {"upper", {""}, ""},
      {"upper", {"h\303\251"}, "H\303\251"},
      {"upper", {1}, "wrong type for value; expected string; got int"},
      {"upper", {Value()}, "wrong type for value; expected string; got nil"},
      {"lower", {"aBC-1"}, "abc-1"},
      {"lower", {list()}, "wrong type for value; expected string; got list"},
      {"title", {"one two-three"}, "One Two-Three"},
      {"title", {""}, ""},
      {"title", {true}, "wrong type for value; expected string; got bool"},
      {"pad", {"x", 1, 2}, " x  "},
      {"pad", {"x", 0, 0}, "x"},
      {"pad", {"", 1, 2}, ""},
      {"pad", {"x", -1, 2}, "a count of -1 (want 0 to 1000000)"},
      {"pad", {"x", 0, 1000001}, "a count of 1000001 (want 0 to 1000000)"},
      {"pad", {"x", "1", 2}, "wrong type for value; expected int; got string"},
      {"truncate", {"abc", 2}, "ab"},
      {"truncate", {"abc", 3}, "abc"},
      {"truncate", {"abc", 9}, "abc"},
      {"truncate", {"abc", 0}, ""},
      {"truncate", {"\343\201\202x", 2}, ""},
      {"truncate", {"\343\201\202x", 3}, "\343\201\202"},
      {"truncate", {"abc", -1}, "a length of -1 (want 0 or more)"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("functions that take a text apart and put it together") {
  const Row rows[] = {
      {"split", {"a:b:c", ":"}, "[a b c]"},
      {"split", {"a::b", ":"}, "[a  b]"},
      {"split", {"", ":"}, "[]"},
      {"split", {"a--b", "--"}, "[a b]"},
      {"split", {"h\303\251x", ""}, "[h \303\251 x]"},
      {"split", {1, ":"}, "wrong type for value; expected string; got int"},
      {"join", {list(), ", "}, "a, b, c"},
      {"join", {list(), ""}, "abc"},
      {"join", {Value::list({1, true, Value()}), "-"}, "1-true-<nil>"},
      {"join", {Value::list({}), ","}, ""},
      {"join", {Value::nil_list(), ","}, ""},
      {"join", {Value(), ","}, ""},
      {"join", {Value::missing(), ","}, ""},
      {"join", {map(), ","}, "1,2"},
      {"join", {"abc", ","}, "expected slice, got string"},
      {"join", {Value::record({}), ","}, "expected slice, got struct"},
      {"join", {list(), 1}, "wrong type for value; expected string; got int"},
      {"slice", {"abcdef"}, "abcdef"},
      {"slice", {"abcdef", 2}, "cdef"},
      {"slice", {"abcdef", 2, 4}, "cd"},
      {"slice", {"abcdef", 6}, ""},
      {"slice", {"abcdef", 7}, "index out of range: 7"},
      {"slice", {"abcdef", 4, 2}, "invalid slice index: 4 > 2"},
      {"slice", {list(), 1}, "[b c]"},
      {"slice", {list(), 1, 2}, "[b]"},
      {"slice", {list(), -1}, "index out of range: -1"},
      {"slice", {list(), "1"}, "cannot index slice/array with type string"},
      {"slice", {map(), 1}, "can't slice item of type map"},
      {"slice", {Value(), 1}, "can't slice item of type nil"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("functions that look into values") {
  const Row rows[] = {
      {"len", {"h\303\251"}, "3"},
      {"len", {list()}, "3"},
      {"len", {map()}, "2"},
      {"len", {Value::nil_map()}, "0"},
      {"len", {Value::record({{"a", 1}})}, "1"},
      {"len", {1}, "len of type int"},
      {"len", {1.5}, "len of type float64"},
      {"len", {Value()}, "len of nil pointer"},
      {"index", {list()}, "[a b c]"},
      {"index", {list(), 2}, "c"},
      {"index", {list(), 3}, "index out of range: 3"},
      {"index", {list(), Value()}, "cannot index slice/array with nil"},
      {"index", {list(), 1, 0}, "98"},
      {"index", {map(), "x"}, "2"},
      {"index", {map(), "z"}, ""},
      {"index", {map(), 1}, "value has type int; should be string"},
      {"index", {Value::map({}), "z"}, ""},
      {"index", {Value::map({{"a", 1}}), "z"}, "0"},
      {"index", {Value::map({{"a", 1.5}}), "z"}, "0"},
      {"index", {Value::map({{"a", true}}), "z"}, "false"},
      {"index", {Value::map({{"a", list()}}), "z"}, "[]"},
      {"index", {Value::map({{"a", list()}}), "a", 1}, "b"},
      {"index", {Value::map({{"a", list()}}), "z", 0}, "index out of range: 0"},
      {"index", {Value::map({{"a", Value::record({})}}), "z"}, "<nil>"},
      {"index", {Value::record({{"a", 1}}), "a"}, "1"},
      {"index", {Value(), "a"}, "index of untyped nil"},
      {"index", {Value::missing(), "a"}, "index of untyped nil"},
      {"index", {true, 0}, "can't index item of type bool"},
      {"not", {0}, "true"},
      {"not", {"x"}, "false"},
      {"not", {Value()}, "true"},
      {"not", {Value::record({})}, "false"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("functions that print") {
  const Row rows[] = {
      {"print", {}, ""},
      {"print", {"a", "b"}, "ab"},
      {"print", {1, 2}, "1 2"},
      {"print", {"a", 1, 2, "b"}, "a1 2b"},
      {"print", {Value(), Value::missing()}, "<nil> <nil>"},
      {"println", {}, "\n"},
      {"println", {"a", 1, list()}, "a 1 [a b c]\n"},
      {"printf", {"%s=%d", "a", 1}, "a=1"},
      {"printf", {1}, "wrong type for value; expected string; got int"},
      {"json", {list()}, R"(["a","b","c"])"},
      {"json", {map()}, R"({"x":"2","y":"1"})"},
      {"json", {Value::record({{"b", 1}, {"a", Value()}})}, R"({"b":1,"a":null})"},
      {"json", {"<a & \"b\">\n"}, R"("<a & \"b\">\n")"},
      {"json", {Value::nil_list()}, "null"},
      {"json", {Value::missing()}, "null"},
      {"json", {1e21}, "1e+21"},
      {"json", {"\x1b"}, R"("\u001b")"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("a function is known by its name, in lower case") {
  for (const char* name : {"and", "eq", "index", "json", "or", "upper"})
    CHECK(find_function(name) != nullptr);
  for (const char* name : {"", "Upper", "html", "js", "urlquery", "call", "nope"})
    CHECK(find_function(name) == nullptr);
}

}  // namespace
}  // namespace cbuild::cli::templates
