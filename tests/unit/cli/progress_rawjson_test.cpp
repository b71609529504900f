// Progress for programs.
#include "src/cli/progress_rawjson.h"

#include <doctest/doctest.h>

#include <utility>

namespace cbuild::cli {
namespace {

TEST_CASE("raw progress is one JSON object a line, in BuildKit's form") {
  std::string text;
  WallClock time{1, 0};
  RawJsonProgress progress([&](std::string_view part) { text += part; }, [&] { return time; });
  const auto take = [&] { return std::exchange(text, {}); };

  const auto step = progress.begin("RUN \"x\"");
  const std::string begun = take();
  const std::string digest = begun.substr(begun.find("sha256:"), 71);
  CHECK(begun == "{\"vertexes\":[{\"digest\":\"" + digest +
                     "\",\"name\":\"RUN \\\"x\\\"\",\"started\":\"1970-01-01T00:00:01Z\"}]}\n");
  step.output(2, std::string_view("a\0b", 3));
  CHECK(take() ==
        "{\"logs\":[{\"vertex\":\"" + digest +
            "\",\"stream\":2,\"data\":\"YQBi\",\"timestamp\":\"1970-01-01T00:00:01Z\"}]}\n");
  step.transfer("layer", 5, 10);
  CHECK(take().find("\"current\":5,\"total\":10") != std::string::npos);
  time.seconds = 2;
  step.transfer("layer", 10, 10);
  const std::string ended = take();
  CHECK(ended.find("\"started\":\"1970-01-01T00:00:01Z\",\"completed\":\"1970-01-01T00:00:02Z\"") !=
        std::string::npos);
  step.transfer("layer", 10, 10);
  CHECK(take().empty());
  step.end(Progress::Outcome::failed, "no");
  CHECK(take().find("\"completed\":\"1970-01-01T00:00:02Z\",\"error\":\"no\"}]}\n") !=
        std::string::npos);
  progress.begin("b").end(Progress::Outcome::cached);
  CHECK(take().find("\"cached\":true}]}\n") != std::string::npos);
}

TEST_CASE("equal names are different vertices, and a group is part of the name") {
  std::string text;
  RawJsonProgress progress([&](std::string_view part) { text += part; },
                           [] {
                             return WallClock{1, 500'000'000};
                           });
  const auto digest = [&] { return text.substr(text.rfind("sha256:"), 71); };
  progress.begin("RUN x", "web");
  const std::string first = digest();
  CHECK(text.find("\"name\":\"web RUN x\"") != std::string::npos);
  CHECK(text.find("\"started\":\"1970-01-01T00:00:01.5Z\"") != std::string::npos);
  progress.begin("RUN x", "web");
  CHECK(digest() != first);
}

TEST_CASE("what is cancelled and what is said are told in BuildKit's form") {
  std::string text;
  RawJsonProgress progress([&](std::string_view part) { text += part; },
                           [] { return WallClock{}; });
  const auto step = progress.begin("RUN x");
  text.clear();
  step.end(Progress::Outcome::cancelled);
  CHECK(text.find(",\"error\":\"canceled\"}]}\n") != std::string::npos);
  text.clear();
  progress.message("hello");
  CHECK(text == "{\"warnings\":[{\"level\":1,\"short\":\"aGVsbG8=\"}]}\n");
}

}  // namespace
}  // namespace cbuild::cli
