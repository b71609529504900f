// What `cbuild history` shows of the steps of an image.
#include "cbuild/util/text.h"
#include "src/cli/table.h"
#include "tests/unit/cli/command_run.h"

namespace cbuild::cli {
namespace {

oci::ImageConfig with_history() {
  oci::ImageConfig config = config_of("2999-01-01T00:00:00Z");
  config.history = {
      {"2999-01-01T00:00:00Z", "COPY a /", {}, "first", false},
      {{}, "ENV " + std::string(60, 'x'), {}, {}, true},
      {"2999-01-01T00:00:00Z", "RUN \x1b[31m", "who", {}, false},
  };
  return config;
}

TEST_CASE("the newest step is first; metadata has no size") {
  const Shell shell;
  shell.add_image(with_history(), {"app"}, {{{"a", "1"}}, {{"b", std::string(5000, 'x')}}});
  const std::string json = shell.run("images", {"--format", "json"}).out;
  const std::string text = shell.run("history", {"app"}).out;
  const std::vector<std::string> lines = split(text, '\n');
  REQUIRE(lines.size() == 5);
  CHECK(lines[0].starts_with("CREATED"));
  CHECK(holds(lines[1], "RUN \\x1b[31m"));
  CHECK(lines[2].starts_with("N/A "));
  CHECK(holds(lines[2], " " + human_size(0) + " "));
  CHECK(lines[3].starts_with("Less than a second ago "));
  CHECK(lines[3].ends_with("first"));
  CHECK_FALSE(holds(lines[1], " " + human_size(0) + " "));
}

TEST_CASE("long steps are cut at docker's width, unless they are wanted whole") {
  const Shell shell;
  shell.add_image(with_history(), {"app"}, {{{"a", "1"}}, {{"b", "2"}}});
  CHECK_FALSE(holds(shell.run("history", {"app"}).out, std::string(45, 'x')));
  CHECK(holds(shell.run("history", {"app"}).out, "ENV " + std::string(40, 'x') + "…"));
  CHECK(holds(shell.run("history", {"--no-trunc", "app"}).out, "ENV " + std::string(60, 'x')));
}

TEST_CASE("the steps are told to programs, too") {
  const Shell shell;
  oci::ImageConfig config = config_of("2999-01-01T00:00:00Z");
  config.history = {{"2001-01-01T00:00:00Z", "ENV a=b", "who", "why", true}};
  shell.add_image(config, {"app"});
  CHECK(shell.run("history", {"--format", "json", "app"}).out == R"([
  {
    "Created": "2001-01-01T00:00:00Z",
    "CreatedBy": "ENV a=b",
    "Author": "who",
    "Comment": "why",
    "EmptyLayer": true,
    "Size": 0
  }
]
)");
}

TEST_CASE("a history that tells of more layers than there are has no size for them") {
  const Shell shell;
  shell.add_image(with_history(), {"app"});
  const std::string text = shell.run("history", {"--format", "json", "app"}).out;
  CHECK(holds(text, "\"CreatedBy\": \"RUN \\u001b[31m\""));
  CHECK_FALSE(holds(text, "\"Size\": 1"));
  CHECK(shell.run("history", {"none"}).code == static_cast<int>(ErrorKind::usage));
}

}  // namespace
}  // namespace cbuild::cli
