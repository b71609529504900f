// printf of templates prints what Go's fmt.Sprintf prints. The rows were recorded with Go 1.19.
#include "src/cli/template/printf.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

namespace cbuild::cli::templates {
namespace {

struct Row {
  const char* format;
  Value value;
  const char* printed;
};

TEST_CASE("a value is printed by its verb, flags, width and precision") {
  const Row rows[] = {
      {"%s", "go", "go"},
      {"%v", "go", "go"},
      {"%q", "go", "\"go\""},
      {"%x", "go", "676f"},
      {"%X", "go", "676F"},
      {"%6s|", "go", "    go|"},
      {"%-6s|", "go", "go    |"},
      {"%.1s|", "go", "g|"},
      {"%6.1s|", "go", "     g|"},
      {"%d", "go", "%!d(string=go)"},
      {"%t", "go", "%!t(string=go)"},
      {"%f", "go", "%!f(string=go)"},
      {"%6q|", "go", "  \"go\"|"},
      {"%s", "", ""},
      {"%v", "", ""},
      {"%q", "", "\"\""},
      {"%x", "", ""},
      {"%X", "", ""},
      {"%6s|", "", "      |"},
      {"%-6s|", "", "      |"},
      {"%.1s|", "", "|"},
      {"%6.1s|", "", "      |"},
      {"%d", "", "%!d(string=)"},
      {"%t", "", "%!t(string=)"},
      {"%f", "", "%!f(string=)"},
      {"%6q|", "", "    \"\"|"},
      {"%s", "h\303\251", "h\303\251"},
      {"%v", "h\303\251", "h\303\251"},
      {"%q", "h\303\251", "\"h\303\251\""},
      {"%x", "h\303\251", "68c3a9"},
      {"%X", "h\303\251", "68C3A9"},
      {"%6s|", "h\303\251", "    h\303\251|"},
      {"%-6s|", "h\303\251", "h\303\251    |"},
      {"%.1s|", "h\303\251", "h|"},
      {"%6.1s|", "h\303\251", "     h|"},
      {"%d", "h\303\251", "%!d(string=h\303\251)"},
      {"%t", "h\303\251", "%!t(string=h\303\251)"},
      {"%f", "h\303\251", "%!f(string=h\303\251)"},
      {"%6q|", "h\303\251", "  \"h\303\251\"|"},
      {"%d", 42, "42"},
      {"%v", 42, "42"},
      {"%x", 42, "2a"},
      {"%X", 42, "2A"},
      {"%o", 42, "52"},
      {"%b", 42, "101010"},
      {"%5d|", 42, "   42|"},
      {"%-5d|", 42, "42   |"},
      {"%05d|", 42, "00042|"},
      {"%+d", 42, "+42"},
      {"% d", 42, " 42"},
      {"%.3d", 42, "042"},
      {"%6.3d|", 42, "   042|"},
      {"%s", 42, "%!s(int=42)"},
      {"%t", 42, "%!t(int=42)"},
      {"%f", 42, "%!f(int=42)"},
      {"%06x|", 42, "00002a|"},
      {"%d", -7, "-7"},
      {"%v", -7, "-7"},
      {"%x", -7, "-7"},
      {"%X", -7, "-7"},
      {"%o", -7, "-7"},
      {"%b", -7, "-111"},
      {"%5d|", -7, "   -7|"},
      {"%-5d|", -7, "-7   |"},
      {"%05d|", -7, "-0007|"},
      {"%+d", -7, "-7"},
      {"% d", -7, "-7"},
      {"%.3d", -7, "-007"},
      {"%6.3d|", -7, "  -007|"},
      {"%s", -7, "%!s(int=-7)"},
      {"%t", -7, "%!t(int=-7)"},
      {"%f", -7, "%!f(int=-7)"},
      {"%06x|", -7, "-00007|"},
      {"%d", 0, "0"},
      {"%v", 0, "0"},
      {"%x", 0, "0"},
      {"%X", 0, "0"},
      {"%o", 0, "0"},
      {"%b", 0, "0"},
      {"%5d|", 0, "    0|"},
      {"%-5d|", 0, "0    |"},
      {"%05d|", 0, "00000|"},
      {"%+d", 0, "+0"},
      {"% d", 0, " 0"},
      {"%.3d", 0, "000"},
      {"%6.3d|", 0, "   000|"},
      {"%s", 0, "%!s(int=0)"},
      {"%t", 0, "%!t(int=0)"},
      {"%f", 0, "%!f(int=0)"},
      {"%06x|", 0, "000000|"},
      {"%f", 2.5, "2.500000"},
      {"%v", 2.5, "2.5"},
      {"%e", 2.5, "2.500000e+00"},
      {"%g", 2.5, "2.5"},
      {"%.1f", 2.5, "2.5"},
      {"%8.2f|", 2.5, "    2.50|"},
      {"%-8.2f|", 2.5, "2.50    |"},
      {"%08.2f|", 2.5, "00002.50|"},
      {"%+.1f", 2.5, "+2.5"},
      {"% .1f", 2.5, " 2.5"},
      {"%.3g", 2.5, "2.5"},
      {"%.2e", 2.5, "2.50e+00"},
      {"%E", 2.5, "2.500000E+00"},
      {"%d", 2.5, "%!d(float64=2.5)"},
      {"%s", 2.5, "%!s(float64=2.5)"},
      {"%f", -0.125, "-0.125000"},
      {"%v", -0.125, "-0.125"},
      {"%e", -0.125, "-1.250000e-01"},
      {"%g", -0.125, "-0.125"},
      {"%.1f", -0.125, "-0.1"},
      {"%8.2f|", -0.125, "   -0.12|"},
      {"%-8.2f|", -0.125, "-0.12   |"},
      {"%08.2f|", -0.125, "-0000.12|"},
      {"%+.1f", -0.125, "-0.1"},
      {"% .1f", -0.125, "-0.1"},
      {"%.3g", -0.125, "-0.125"},
      {"%.2e", -0.125, "-1.25e-01"},
      {"%E", -0.125, "-1.250000E-01"},
      {"%d", -0.125, "%!d(float64=-0.125)"},
      {"%s", -0.125, "%!s(float64=-0.125)"},
      {"%f", 1e21, "1000000000000000000000.000000"},
      {"%v", 1e21, "1e+21"},
      {"%e", 1e21, "1.000000e+21"},
      {"%g", 1e21, "1e+21"},
      {"%.1f", 1e21, "1000000000000000000000.0"},
      {"%8.2f|", 1e21, "1000000000000000000000.00|"},
      {"%-8.2f|", 1e21, "1000000000000000000000.00|"},
      {"%08.2f|", 1e21, "1000000000000000000000.00|"},
      {"%+.1f", 1e21, "+1000000000000000000000.0"},
      {"% .1f", 1e21, " 1000000000000000000000.0"},
      {"%.3g", 1e21, "1e+21"},
      {"%.2e", 1e21, "1.00e+21"},
      {"%E", 1e21, "1.000000E+21"},
      {"%d", 1e21, "%!d(float64=1e+21)"},
      {"%s", 1e21, "%!s(float64=1e+21)"},
      {"%t", true, "true"},
      {"%v", true, "true"},
      {"%6t|", true, "  true|"},
      {"%-6t|", true, "true  |"},
      {"%s", true, "%!s(bool=true)"},
      {"%d", true, "%!d(bool=true)"},
      {"%v", Value::texts({"a", "b c"}), "[a b c]"},
      {"%s", Value::texts({"a", "b c"}), "[a b c]"},
      {"%q", Value::texts({"a", "b c"}), "[\"a\" \"b c\"]"},
      {"%d", Value::texts({"a", "b c"}), "[%!d(string=a) %!d(string=b c)]"},
      {"%4v|", Value::texts({"a", "b c"}), "[   a  b c]|"},
      {"%-4v|", Value::texts({"a", "b c"}), "[a    b c ]|"},
      {"%v", Value::list({1, 20}), "[1 20]"},
      {"%s", Value::list({1, 20}), "[%!s(int=1) %!s(int=20)]"},
      {"%q", Value::list({1, 20}), "['\\x01' '\\x14']"},
      {"%d", Value::list({1, 20}), "[1 20]"},
      {"%4v|", Value::list({1, 20}), "[   1   20]|"},
      {"%-4v|", Value::list({1, 20}), "[1    20  ]|"},
      {"%v", Value::map({{"k", "v"}}), "map[k:v]"},
      {"%s", Value::map({{"k", "v"}}), "map[k:v]"},
      {"%q", Value::map({{"k", "v"}}), "map[\"k\":\"v\"]"},
      {"%d", Value::map({{"k", "v"}}), "map[%!d(string=k):%!d(string=v)]"},
      {"%4v|", Value::map({{"k", "v"}}), "map[   k:   v]|"},
      {"%-4v|", Value::map({{"k", "v"}}), "map[k   :v   ]|"},
      {"%v", Value(), "<nil>"},
      {"%s", Value(), "%!s(<nil>)"},
      {"%d", Value(), "%!d(<nil>)"},
      {"%6v|", Value(), " <nil>|"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.format);
    CAPTURE(row.printed);
    CHECK(go_printf(row.format, {&row.value, 1}) == row.printed);
  }
}

TEST_CASE("arguments that are missing or too many are told in the text") {
  const std::vector<Value> two = {"a", 1};
  CHECK(go_printf("%s", {}) == "%!s(MISSING)");
  CHECK(go_printf("%s %d %v", two) == "a 1 %!v(MISSING)");
  CHECK(go_printf("%s", two) == "a%!(EXTRA int=1)");
  CHECK(go_printf("x", two) == "x%!(EXTRA string=a, int=1)");
  CHECK(go_printf("100%%", {}) == "100%");
  CHECK(go_printf("%", {}) == "%!(NOVERB)");
  CHECK(go_printf("%-", {}) == "%!(NOVERB)");
  CHECK(go_printf("", {}).empty());
}

TEST_CASE("a text that grows too long is refused") {
  const std::vector<Value> numbers(40, Value(1));
  std::string format;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    format += "%1000000d";
  CHECK_THROWS_WITH_AS(go_printf(format, numbers), "the text is longer than 16 MiB", Error);
  CHECK(go_printf("%1000000d", numbers).size() > 1'000'000);
  CHECK_THROWS_WITH_AS(go_printf("%1000001d", numbers), "a width above 1000000", Error);
  CHECK_THROWS_WITH_AS(go_printf("%.1000001d", numbers), "a width above 1000000", Error);
  CHECK_THROWS_AS(go_printf("%*d", numbers), Error);
}

}  // namespace
}  // namespace cbuild::cli::templates
