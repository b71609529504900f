// --format of lists: rows, tables, JSON.
#include "src/cli/list_format.h"

#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

const ListColumns& columns() {
  static const ListColumns kColumns{.fields = {{"ID", "CONTAINER ID"},
                                               {"Names", "NAMES"},
                                               {"State", "STATE"},
                                               {"Labels", "LABELS"},
                                               {"Label", "LABEL"}},
                                    .default_table = "{{.ID}}\t{{.Names}}"};
  return kColumns;
}

Value row(const std::string& id, const std::string& name) {
  return Value::record({{"ID", id},
                        {"Names", name},
                        {"State", "running"},
                        {"Labels", "com.x.y-z=1"},
                        {"Label", Value::lookup({{"com.x.y-z", "1"}})}});
}

/// All that is written for two rows.
std::string list(std::string_view format) {
  ListFormat rows = ListFormat::parse(format, columns());
  std::string text = rows.row(row("4c01db0b339c", "web"));
  text += rows.row(row("d7886598dbe2", "database"));
  return text + rows.finish();
}

std::string empty_list(std::string_view format) {
  return ListFormat::parse(format, columns()).finish();
}

TEST_CASE("a template is executed for each row, with a newline behind it") {
  CHECK(list("{{.Names}}") == "web\ndatabase\n");
  CHECK(list("  {{.Names}} ") == "web\ndatabase\n");
  CHECK(list(R"({{.ID}}\t{{.Names}})") == "4c01db0b339c\tweb\nd7886598dbe2\tdatabase\n");
  CHECK(list(R"({{.Names}}\n-)") == "web\n-\ndatabase\n-\n");
  CHECK(list("{{if eq .Names \"web\"}}yes{{end}}") == "yes\n\n");
  CHECK(list("{{.Label \"com.x.y-z\"}}") == "1\n1\n");
  CHECK(empty_list("{{.Names}}").empty());
}

TEST_CASE("json is an object a line, its members sorted, without what takes a name") {
  const std::string wanted =
      R"({"ID":"4c01db0b339c","Labels":"com.x.y-z=1","Names":"web","State":"running"})"
      "\n"
      R"({"ID":"d7886598dbe2","Labels":"com.x.y-z=1","Names":"database","State":"running"})"
      "\n";
  CHECK(list("json") == wanted);
  CHECK(list("{{json .}}") == wanted);
  CHECK(empty_list("json").empty());
  CHECK(list("{{json .Names}}") == "\"web\"\n\"database\"\n");
}

TEST_CASE("a table has headings and aligned columns") {
  const std::string wanted =
      "CONTAINER ID   NAMES\n"
      "4c01db0b339c   web\n"
      "d7886598dbe2   database\n";
  CHECK(list("table") == wanted);
  CHECK(list("") == wanted);
  CHECK(list(R"(table {{.ID}}\t{{.Names}})") == wanted);
  CHECK(list("table {{.ID}}\t{{.Names}}") == wanted);
  CHECK(list(R"(table {{.Names}}\t{{.State}}\t{{.ID}})") ==
        "NAMES      STATE     CONTAINER ID\n"
        "web        running   4c01db0b339c\n"
        "database   running   d7886598dbe2\n");
  CHECK(empty_list("table") == "CONTAINER ID   NAMES\n");
}

TEST_CASE("functions that change a text leave the heading as it is") {
  CHECK(empty_list("table {{upper .Names}}\t{{lower .ID}}") == "NAMES   CONTAINER ID\n");
  CHECK(empty_list("table {{json .Names}}|{{truncate .ID 3}}|{{pad .Names 1 1}}") ==
        "NAMES|CONTAINER ID|NAMES\n");
  CHECK(list("table {{truncate .Names 3}}|{{title .State}}") ==
        "NAMES|STATE\nweb|Running\ndat|Running\n");
  CHECK(list("table {{index (split .Names \"a\") 0}}") == "NAMES\nweb\nd\n");
  CHECK(list("table {{slice .ID 0 2}}") == "CONTAINER ID\n4c\nd7\n");
}

TEST_CASE("the column of a label is headed by the last part of its name") {
  CHECK(list(R"(table {{.Names}}\t{{.Label "com.x.y-z"}})") ==
        "NAMES      y z\nweb        1\ndatabase   1\n");
  CHECK(list(R"(table {{.Label "own_name"}})") == "own name\n\n\n");
}

TEST_CASE("rows of a table may have cells and lines of their own") {
  CHECK(list(R"(table {{.Names}}{{if eq .Names "web"}}\t{{.State}}\t!{{end}})") ==
        "NAMES\nweb        running   !\ndatabase\n");
  CHECK(list(R"(table {{.Names}}\n{{.State}})") ==
        "NAMES\nSTATE\nweb\nrunning\ndatabase\nrunning\n");
}

TEST_CASE("cells of a table are made safe for a terminal") {
  ListFormat rows = ListFormat::parse("table {{.Names}}", columns());
  rows.row(row("1", "a\x1b[31m"));
  CHECK(rows.finish() == "NAMES\na\\x1b[31m\n");
}

TEST_CASE("a field that no row has is refused, with the known ones") {
  const auto why = [](std::string_view format) { return refusal_of([&] { list(format); }); };
  CHECK(why("{{.Name}}") ==
        "template parsing error: line 1, column 3: at <.Name>: can't evaluate field Name (did you "
        "mean Names?)");
  CHECK(refusal_of([] { empty_list("table {{.Nope}}"); }) ==
        "template parsing error: line 1, column 3: at <.Nope>: can't evaluate field Nope");
  CHECK(why("{{.ID").starts_with("template parsing error: line 1, column 1: unclosed action"));
  try {
    list("{{.Nope}}");
  } catch (const Error& error) {
    CHECK(error.hint() == "known fields: ID, Label, Labels, Names, State");
  }
}

}  // namespace
}  // namespace cbuild::cli
