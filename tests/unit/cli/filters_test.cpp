// --filter KEY=VALUE.
#include "src/cli/filters.h"

#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

using Texts = std::vector<std::string>;
using Labels = std::map<std::string, std::string>;

const Texts kKnown = {"dangling", "id", "label", "label!", "name", "status"};

Filters filters(const Texts& texts) {
  return Filters::parse(texts, kKnown);
}

Texts values(const Texts& texts, std::string_view key) {
  const Filters parsed = filters(texts);
  const auto found = parsed.values(key);
  return {found.begin(), found.end()};
}

TEST_CASE("filters are pairs, of which a key may have several values") {
  CHECK(filters({}).empty());
  CHECK(values({"name=a", "status=exited", "name=b"}, "name") == Texts{"a", "b"});
  CHECK(values({"name=a", "name=a"}, "name") == Texts{"a"});
  CHECK(values({"name=a"}, "status").empty());
  CHECK(values({" Name = a b "}, "name") == Texts{"a b"});
  CHECK(values({"label=a=b=c"}, "label") == Texts{"a=b=c"});
  CHECK(values({"label!=a=b"}, "label!") == Texts{"a=b"});
  CHECK(values({"name="}, "name") == Texts{""});
  CHECK(filters({"name="}).has("name"));
  CHECK_FALSE(filters({"name=a"}).has("id"));
}

TEST_CASE("of several values of a key any will do") {
  const Filters parsed = filters({"status=exited", "status=created"});
  CHECK(parsed.is_one_of("status", "exited"));
  CHECK(parsed.is_one_of("status", "created"));
  CHECK_FALSE(parsed.is_one_of("status", "running"));
  CHECK(parsed.is_one_of("name", "anything"));
  const auto begins = [&](const std::string& value) { return value.starts_with("cr"); };
  CHECK(parsed.any("status", begins));
  CHECK_FALSE(filters({"status=exited"}).any("status", begins));
  CHECK(filters({}).any("status", begins));
}

TEST_CASE("of several labels all must be met, and not all of label!") {
  struct Row {
    Texts filters;
    Labels labels;
    bool matches;
  };

  const Labels both = {{"a", "1"}, {"b", "2"}};
  const Row rows[] = {
      {{}, {}, true},
      {{}, both, true},
      {{"label=a"}, both, true},
      {{"label=a"}, {}, false},
      {{"label=c"}, both, false},
      {{"label=a=1"}, both, true},
      {{"label=a=2"}, both, false},
      {{"label=a="}, both, false},
      {{"label=a="}, {{"a", ""}}, true},
      {{"label=a", "label=b=2"}, both, true},
      {{"label=a", "label=c"}, both, false},
      {{"label!=a"}, both, false},
      {{"label!=c"}, both, true},
      {{"label!=a"}, {}, true},
      {{"label!=a=2"}, both, true},
      {{"label!=a", "label!=b"}, both, false},
      {{"label!=a", "label!=c"}, both, true},
      {{"label=a", "label!=b"}, both, false},
      {{"label=a", "label!=c"}, both, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.filters.size());
    CHECK(filters(row.filters).match_labels(row.labels) == row.matches);
  }
}

TEST_CASE("a truth is one of Go's") {
  CHECK(filters({"dangling=true"}).truth("dangling") == true);
  CHECK(filters({"dangling=0"}).truth("dangling") == false);
  CHECK_FALSE(filters({}).truth("dangling").has_value());
  const auto why = [](const Texts& texts) {
    return refusal_of([&] { filters(texts).truth("dangling"); });
  };
  CHECK(why({"dangling=maybe"}) == "invalid filter 'dangling=maybe' (want true or false)");
  CHECK(
      why({"dangling=true", "dangling=false"}).starts_with("invalid filter 'dangling=true,false'"));
}

TEST_CASE("what is no known filter is refused in docker's words") {
  const auto why = [](const std::string& text) { return refusal_of([&] { filters({text}); }); };
  CHECK(why("foo=bar") == "--filter 'foo=bar': invalid filter 'foo'");
  CHECK(why("nam=bar") == "--filter 'nam=bar': invalid filter 'nam' (did you mean name?)");
  CHECK(why("name!=bar").find("invalid filter 'name!'") != std::string::npos);
  for (const char* text : {"", "name", "=bar", " =bar"}) {
    CHECK(why(text) ==
          "--filter '" + std::string(text) + "': bad format of filter (expected name=value)");
  }
  try {
    filters({"foo=bar"});
  } catch (const Error& error) {
    CHECK(error.hint() == "known filters: dangling, id, label, label!, name, status");
  }
}

}  // namespace
}  // namespace cbuild::cli
