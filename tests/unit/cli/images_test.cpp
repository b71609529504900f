// What `cbuild images` lists, and how.
#include <algorithm>

#include "cbuild/oci/blob_store.h"
#include "cbuild/util/text.h"
#include "src/cli/table.h"
#include "tests/unit/cli/command_run.h"

namespace cbuild::cli {
namespace {

const std::string kLater = "2999-01-01T00:00:00Z";  // then its age is always the same
const std::string kAge = "Less than a second ago";

oci::ImageConfig labelled(const std::string& name, const std::string& value) {
  oci::ImageConfig config = config_of(kLater);
  config.config.labels[name] = value;
  return config;
}

/// The first words of the rows of a table, without its heading.
std::vector<std::string> names_in_table(const std::string& text) {
  std::vector<std::string> names;
  std::vector<std::string> lines = split(text, '\n');
  for (std::size_t i = 1; i + 1 < lines.size(); ++i)
    names.push_back(lines[i].substr(0, lines[i].find(' ')));
  std::ranges::sort(names);
  return names;
}

TEST_CASE("an image has a row for each of its names, or one without a name") {
  const Shell shell;
  const auto id = shell.add_image(config_of(kLater), {"app:1", "localhost:5000/team/app:2"});
  Table expected({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"});
  expected.add({"app", "1", id.short_hex(), kAge, human_size(0)});
  expected.add({"localhost:5000/team/app", "2", id.short_hex(), kAge, human_size(0)});
  CHECK(shell.run("images", {}).out == expected.to_text());

  shell.with_store([&](store::Store& store) {
    for (const char* name : {"app:1", "localhost:5000/team/app:2"})
      store.images().untag(oci::Reference::parse(name));
    return 0;
  });
  Table nameless({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"});
  nameless.add({"<none>", "<none>", id.short_hex(), kAge, human_size(0)});
  CHECK(shell.run("images", {}).out == nameless.to_text());
}

TEST_CASE("digests and IDs are shown in full when that is asked for") {
  const Shell shell;
  const auto digest = oci::Digest::of("at a registry");
  const auto id = shell.add_image(config_of(kLater), {"app:1", "other:1"});
  shell.with_store([&](store::Store& store) {
    store.images().note_digest(oci::Reference::parse("app:1"), digest, id);
    return 0;
  });
  Table expected({"REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE"});
  expected.add({"app", "1", digest.to_string(), id.to_string(), kAge, human_size(0)});
  expected.add({"other", "1", "<none>", id.to_string(), kAge, human_size(0)});
  CHECK(shell.run("images", {"--digests", "--no-trunc"}).out == expected.to_text());
  CHECK(shell.run("images", {"-q"}).out == id.short_hex() + "\n");
  CHECK(shell.run("images", {"-q", "--no-trunc"}).out == id.to_string() + "\n");
}

TEST_CASE("a pattern selects names, with and without tag, and only those are shown") {
  const Shell shell;
  shell.add_image(labelled("a", "1"), {"app:1", "tool:1"});
  shell.add_image(labelled("a", "2"), {"app:2"});
  shell.add_image(labelled("a", "3"), {"localhost:5000/team/app:1"});
  shell.add_image(labelled("a", "4"), {});

  struct Row {
    std::string pattern;
    std::vector<std::string> names;
  };

  const Row rows[] = {
      {"app", {"app", "app"}},
      {"app:1", {"app"}},
      {"app:*", {"app", "app"}},
      {"docker.io/library/app", {"app", "app"}},
      {"library/app", {}},
      {"localhost:5000/team/app", {"localhost:5000/team/app"}},
      {"localhost:5000/*/app", {"localhost:5000/team/app"}},
      {"*", {"app", "app", "tool"}},  // no '*' means a slash
      {"ap", {}},
      {"app:3", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CHECK(names_in_table(shell.run("images", {row.pattern}).out) == row.names);
  }
  CHECK(holds(shell.run("images", {"["}).error, "syntax error in pattern '['"));
}

TEST_CASE("filters select images; several must all be met") {
  const Shell shell;
  shell.add_image(labelled("a", "1"), {"app:1", "tool:1"});
  shell.add_image(labelled("a", ""), {"empty:1"});
  shell.add_image(labelled("b", "1"), {});

  struct Row {
    std::vector<std::string> filters;
    std::vector<std::string> names;
  };

  const Row rows[] = {
      {{"dangling=true"}, {"<none>"}},
      {{"dangling=false"}, {"app", "empty", "tool"}},
      {{"label=a"}, {"app", "empty", "tool"}},
      {{"label=a=1"}, {"app", "tool"}},
      {{"label=a="}, {"empty"}},
      {{"label=c"}, {}},
      {{"label=b", "dangling=true"}, {"<none>"}},
      {{"label=b", "dangling=false"}, {}},
      {{"reference=app"}, {"app", "tool"}},  // the image with all of its names
      {{"reference=app", "reference=tool"}, {"app", "tool"}},
  };
  for (const Row& row : rows) {
    std::vector<std::string> words;
    for (const std::string& filter : row.filters) {
      words.emplace_back("--filter");
      words.push_back(filter);
    }
    CAPTURE(join(words, " "));
    CHECK(names_in_table(shell.run("images", words).out) == row.names);
  }
}

TEST_CASE("a filter that is none is refused") {
  const Shell shell;
  shell.add_image(config_of(kLater), {"app"});
  for (const std::string filter : {"dangling", "dangling=yes", "before=app", "x\033=y", "="}) {
    CAPTURE(filter);
    const Ran ran = shell.run("images", {"--filter", filter});
    CHECK(ran.code == static_cast<int>(ErrorKind::usage));
    CHECK(holds(ran.error, "want dangling=true|false, reference=…, label=…"));
    CHECK(ran.out.empty());
  }
}

TEST_CASE("images are listed as JSON, too") {
  const Shell shell;
  CHECK(shell.run("images", {"--format", "json"}).out == "[]\n");
  const auto id = shell.add_image(config_of(kLater), {"app:1"}, {{{"file", "content"}}});
  const std::string json = shell.run("images", {"--format", "json"}).out;
  CHECK(json.starts_with("[\n  {\n    \"Id\": \"" + id.to_string() +
                         "\",\n    \"Names\": [\n      \"app:1\"\n    ],\n    \"Digest\": null,\n"
                         "    \"RepoDigests\": [],\n    \"Created\": \"" +
                         kLater + "\",\n    \"Size\": "));
  CHECK(json.ends_with("\n  }\n]\n"));
}

TEST_CASE("one damaged image hides no other") {
  const Shell shell;
  shell.add_image(config_of(kLater), {"whole"});
  shell.with_store([](store::Store& store) {
    // Its manifest is nowhere.
    const auto name = oci::Reference::parse("damaged:1");
    store.images().add(oci::Digest::of("config"), oci::describe(oci::media_type::kManifest, "lost"),
                       std::span(&name, 1));
    return 0;
  });
  const Ran ran = shell.run("images", {});
  CHECK(ran.code == 0);
  CHECK(names_in_table(ran.out) == std::vector<std::string>{"damaged", "whole"});
  CHECK(holds(ran.out, "   damaged\n"));
  CHECK(holds(shell.run("images", {"--format", "json", "damaged"}).out, "\"Size\": null"));
  CHECK(names_in_table(shell.run("images", {"--filter", "label=a"}).out).empty());
}

}  // namespace
}  // namespace cbuild::cli
