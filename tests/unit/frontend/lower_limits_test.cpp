// Hostile and long Dockerfiles: limits, and what stages share.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

#include "tests/unit/frontend/lower_support.h"

using namespace cbuild;
using namespace cbuild::test::lowering;
using cbuild::test::FakeResolver;

namespace {

/// `text` and `count` lines more; {} is the number of each.
std::string lines(std::string text, const std::string& line, int count) {
  for (int i = 0; i < count; ++i)
    text += fmt::vformat(line, fmt::make_format_args(i)) + "\n";
  return text;
}

}  // namespace

TEST_CASE("variables and stages share what they have in common") {
  CHECK_NOTHROW(lower_text(lines(lines("FROM debian\n", "ENV V{}=v", 2500), "RUN x", 5000)));
  CHECK_NOTHROW(lower_text(lines("FROM debian\n", "ENV V{0}=v\nRUN x{0}", 5000)));

  std::string chain = "FROM scratch AS s0\n";
  for (int i = 1; i < 2000; ++i)
    chain += fmt::format("FROM s{} AS s{}\nLABEL l{}=v\nCOPY --from=s0 / /{}\n", i - 1, i, i, i);
  const Lowered lowered = lower_text(chain);
  CHECK(lowered.config.config.labels.size() == 1999);
  CHECK(lowered.layers.size() == 1999);
}

TEST_CASE("a stage that two others begin with is the same for both") {
  const Lowered lowered = lower_text(
      "FROM debian AS base\nENV A=1\nRUN base\nFROM base AS one\nENV B=1\nRUN one\n"
      "FROM base\nENV B=2\nCOPY --from=one /x /\nRUN two\n");
  CHECK(last_run(lowered).env.entries() ==
        std::vector<std::string>{"PATH=/usr/bin:/bin", "A=1", "B=2"});
  CHECK(lowered.layers.size() == 3);
}

TEST_CASE("what multiplies in a hostile file is refused") {
  const std::string texts[] = {
      lines("FROM debian\n", "EXPOSE 1-65535", 4000),
      "FROM debian\nEXPOSE " + lines("", "1-65535 \\", 6000) + "1\n",
      lines(lines("FROM debian\n", "ARG V{}=" + std::string(64, 'v'), 2500), "RUN x", 5000),
      lines(lines("FROM scratch AS a\n", "ONBUILD COPY --from=a / /", 1000),
            "FROM a\nCOPY --from={} / /", 1500),
      lines("FROM debian\nENV a=0123456789abcdef\n", "ENV a=$a$a", 14) +
          lines("", "ENV b{}=$a", 5000),
  };
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 60));
    CHECK_THROWS_AS(lower_text(text), DockerfileError);
  }
}

TEST_CASE("a working directory is no longer than a path may be") {
  std::string text = "FROM debian\n";
  const std::string part(255, 'a');
  for (int i = 0; i < 15; ++i)
    text += "WORKDIR " + part + "\n";
  CHECK(lower_text(text).config.config.working_dir.size() == 15 * 256);
  CHECK_THROWS_WITH_AS(lower_text(text + "WORKDIR " + part),
                       doctest::Contains("a path of 4096 bytes (at most 4095"), DockerfileError);
  for (int i = 0; i < 100'000; ++i)
    text += "WORKDIR a\n";
  try {
    lower_text(text);
    FAIL("was taken");
  } catch (const DockerfileError& error) {
    CHECK(error.diagnostics().size() <= 1000);
  }
}

TEST_CASE("a config that would not be read again is refused at what makes it large") {
  const std::string big(720 << 10, '\x01');  // six bytes each in JSON
  const std::string half(250 << 10, '\x01');

  struct Row {
    std::string text;
    int line;
  };

  const Row rows[] = {
      {"FROM debian\nLABEL a=" + big, 2},
      {"FROM debian\nENV b=c\nENV a=" + big + "\nLABEL x=y", 3},
      {"FROM debian\nONBUILD RUN echo " + big, 2},
      {"FROM debian\nCMD " + big, 2},
      {"FROM debian\nRUN <<E\n" + big + "\nE", 2},
      {"FROM debian\nRUN cat <<E\n" + big + "\nE", 2},
      {"FROM debian AS a\nLABEL a=" + half + "\nFROM a\nLABEL b=c" + half, 4},
      {"FROM debian\nENV a=" + half.substr(0, 100 << 10) + "\nLABEL b=$a$a c=$a$a d=$a$a e=$a$a",
       3},
      {"FROM debian\nEXPOSE 1-65535\nEXPOSE 1-65535/udp 1-65535/sctp", 3},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text.substr(0, 60));
    try {
      lower_text(row.text);
      FAIL_CHECK("was taken");
    } catch (const DockerfileError& error) {
      CHECK(error.range().line == row.line);
      CHECK(std::string(error.what()).starts_with("the image config would have "));
    }
  }
  // A stage of which only files are taken has no config that is written.
  CHECK_NOTHROW(
      lower_text("FROM debian AS a\nLABEL a=" + big + "\nFROM scratch\nCOPY --from=a a b"));
  CHECK_NOTHROW(lower_text("FROM debian\nLABEL a=" + half));
  Options options = options_for_test();
  options.labels["a"] = big;
  try {
    lower_text("FROM debian\nLABEL b=c", options);
    FAIL_CHECK("was taken");
  } catch (const DockerfileError&) {
    FAIL_CHECK("is not the Dockerfile's fault");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("config.Labels.a (4.42MB)") != std::string::npos);
  }
}
