// Golden test of the plain display, and of the quiet one.
#include "src/cli/progress_plain.h"

#include <doctest/doctest.h>

#include "src/cli/progress_quiet.h"

namespace cbuild::cli {
namespace {

struct Recorder {
  std::string text;
  double time = 100;

  DisplayOutput output() {
    return {[this](std::string_view part) { text += part; }, [this] { return time; }};
  }
};

TEST_CASE("a step of a group has the group's name in front") {
  Recorder recorder;
  PlainProgress progress(recorder.output());
  progress.begin("[build 1/3] RUN make", "vote\x1b").end(Progress::Outcome::cached);
  CHECK(recorder.text.starts_with("#1 vote\\x1b [build 1/3] RUN make\n"));
}

TEST_CASE("plain progress is lines in BuildKit's form") {
  Recorder recorder;
  PlainProgress progress(recorder.output());
  const auto base = progress.begin("[build 1/3] FROM docker.io/library/debian:12");
  base.end(Progress::Outcome::cached);
  const auto make = progress.begin("[build 2/3] RUN make\n  all");
  recorder.time += 0.1234;
  make.output(1, "cc a.c\ncc b");
  const auto copy = progress.begin("[build 3/3] COPY a /\x1b[31m");
  make.output(1, ".c\n");
  make.output(2, "warning: x");
  recorder.time += 1;
  copy.end(Progress::Outcome::done);
  progress.message("note: hello");
  make.end(Progress::Outcome::failed, "exit code 2");
  CHECK(recorder.text ==
        "#1 [build 1/3] FROM docker.io/library/debian:12\n"
        "#1 CACHED\n"
        "\n"
        "#2 [build 2/3] RUN make   all\n"
        "#2 0.123 cc a.c\n"
        "\n"
        "#3 [build 3/3] COPY a /\\x1b[31m\n"
        "\n"
        "#2 0.123 cc b.c\n"
        "\n"
        "#3 DONE 1.0s\n"
        "\n"
        "note: hello\n"
        "#2 1.123 warning: x\n"
        "#2 ERROR: exit code 2\n");
}

TEST_CASE("plain progress tells of transfers now and then, and of their end once") {
  Recorder recorder;
  PlainProgress progress(recorder.output());
  const auto step = progress.begin("pull");
  for (std::uint64_t done = 0; done <= 12'000'000; done += 1'000'000) {
    step.transfer("sha256:abc", done, 12'000'000);
    recorder.time += 1;
  }
  step.transfer("sha256:abc", 12'000'000, 12'000'000);
  CHECK(recorder.text ==
        "#1 pull\n"
        "#1 sha256:abc 5.00MB / 12.0MB 5.0s\n"
        "#1 sha256:abc 10.0MB / 12.0MB 10.0s\n"
        "#1 sha256:abc 12.0MB / 12.0MB 12.0s done\n");
}

TEST_CASE("quiet progress shows only the output of what failed") {
  Recorder recorder;
  QuietProgress progress(recorder.output());
  const auto good = progress.begin("RUN true");
  good.output(1, "fine\n");
  good.end(Progress::Outcome::done);
  progress.message("a notice");
  CHECK(recorder.text.empty());
  const auto bad = progress.begin("RUN false");
  bad.output(2, "it broke");
  bad.end(Progress::Outcome::failed, "exit code 1");
  CHECK(recorder.text == "RUN false\n  it broke\n");
}

TEST_CASE("quiet progress shows the last lines of either stream, with the label of the step") {
  Recorder recorder;
  QuietProgress progress(recorder.output());
  const auto step = progress.begin("RUN x", "web");
  for (int i = 0; i < 60; ++i)
    step.output(i % 2 + 1, fmt::format("line {}\n", i));
  step.end(Progress::Outcome::failed, "exit code 1");
  CHECK(recorder.text.starts_with("web RUN x\n  line 10\n"));
  CHECK(recorder.text.ends_with("\n  line 59\n"));
}

TEST_CASE("quiet progress says nothing of what was cached, cancelled or failed without a word") {
  Recorder recorder;
  QuietProgress progress(recorder.output());
  const auto cancelled = progress.begin("RUN a");
  cancelled.output(1, "text\n");
  cancelled.end(Progress::Outcome::cancelled);
  progress.begin("RUN b").end(Progress::Outcome::cached);
  progress.begin("FROM c").transfer("layer", 1, 2);
  CHECK(recorder.text.empty());
  progress.begin("RUN d").end(Progress::Outcome::failed, "no such file");
  CHECK(recorder.text == "RUN d\n");  // the error is told by who fails
}

TEST_CASE("plain progress tells how a step ended") {
  Recorder recorder;
  PlainProgress progress(recorder.output());
  const auto step = progress.begin("RUN a");
  recorder.time += 61;
  step.end(Progress::Outcome::cancelled);
  progress.begin("RUN b").end(Progress::Outcome::failed, "one\ntwo\x1b");
  CHECK(recorder.text == "#1 RUN a\n#1 CANCELED\n\n#2 RUN b\n#2 ERROR: one two\\x1b\n");
}

TEST_CASE("plain progress of a transfer whose size nobody knows") {
  Recorder recorder;
  PlainProgress progress(recorder.output());
  const auto step = progress.begin("ADD");
  step.transfer("file", 0, 0);
  recorder.time += 5;
  step.transfer("file", 1'500'000, 0);
  CHECK(recorder.text == "#1 ADD\n#1 file 1.50MB 5.0s\n");
}

}  // namespace
}  // namespace cbuild::cli
