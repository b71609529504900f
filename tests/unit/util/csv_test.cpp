#include "cbuild/util/csv.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

using namespace cbuild;

TEST_CASE("a line of comma-separated values") {
  struct Row {
    std::string line;
    std::vector<std::string> fields;
  };

  const Row rows[] = {
      {"", {""}},
      {"a=b", {"a=b"}},
      {"a,b", {"a", "b"}},
      {",a,,", {"", "a", "", ""}},
      {R"("a,b",c)", {"a,b", "c"}},
      {R"(a,"b""c,")", {"a", "b\"c,"}},
      {R"("",a)", {"", "a"}},
      {" a , b", {" a ", " b"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    std::vector<std::string> texts;
    for (const CsvField& field : csv_fields(row.line)) {
      texts.push_back(field.text);
      CHECK(field.offsets.size() == field.text.size());
    }
    CHECK(texts == row.fields);
  }
  CHECK(csv_fields(R"(a,"b""c")")[1].offsets == std::vector<std::size_t>{3, 5, 6});
}

TEST_CASE("quotes that do not match are refused") {
  for (const char* line : {R"(")", R"("a)", R"("a"b)", R"("a" ,b)", R"("a""b)", R"(x,"a,b)"}) {
    CAPTURE(line);
    CHECK_THROWS_WITH_AS(csv_fields(line), "extraneous or missing \" in quoted-field", Error);
  }
  for (const char* line : {R"(a"b)", R"(a=" ")", R"( "a")", R"(x,a="b,c")"}) {
    CAPTURE(line);
    CHECK_THROWS_WITH_AS(csv_fields(line), "bare \" in non-quoted field", Error);
  }
}
