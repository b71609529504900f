// Dockerfiles lower to their recorded graphs, or are refused with their recorded messages.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <vector>

#include "cbuild/frontend/describe_graph.h"
#include "cbuild/graph/graph.h"
#include "tests/support/golden.h"
#include "tests/unit/frontend/lower_support.h"

using namespace cbuild;
using namespace cbuild::test::lowering;
using cbuild::test::FakeResolver;

TEST_CASE("every good Dockerfile lowers to its recorded graph") {
  const std::vector<std::string> directories = test::cases("dockerfile/good");
  CHECK(directories.size() >= 30);
  for (const std::string& directory : directories) {
    CAPTURE(directory);
    FakeResolver resolver = resolver_for_test();
    const std::string dockerfile = read_file(directory + "/Dockerfile");
    const std::string error = complaint(dockerfile, options_of(directory), resolver);
    CHECK(error == "");
    if (!error.empty()) continue;
    const std::string text = to_text(lower_text(dockerfile, options_of(directory)));
    CHECK(text == test::golden(directory + "/graph.txt", text));
  }
}

TEST_CASE("every bad Dockerfile is refused with its recorded message") {
  const std::vector<std::string> directories = test::cases("dockerfile/bad");
  CHECK(directories.size() >= 30);
  for (const std::string& directory : directories) {
    CAPTURE(directory);
    FakeResolver resolver = resolver_for_test();
    std::string text =
        complaint(read_file(directory + "/Dockerfile"), options_of(directory), resolver);
    CHECK_FALSE(text.empty());
    if (!resolver.asked.empty()) text += "after asking for " + join(resolver.asked, ", ") + "\n";
    CHECK(text == test::golden(directory + "/error.txt", text));
  }
}

TEST_CASE("an image is resolved once for each platform") {
  FakeResolver resolver;
  Dockerfile(
      "FROM debian AS a\nFROM debian AS b\nCOPY --from=a /x /x\nCOPY --from=debian /y /y\n"
      "FROM --platform=linux/arm64 debian\nCOPY --from=b /x /x\n")
      .lower(options_for_test(), resolver);
  CHECK(resolver.asked == std::vector<std::string>{"debian:latest", "debian:latest"});
}

TEST_CASE(
    "the working directory is joined, or as written, and where COPY's destination counts from") {
  struct Row {
    std::string lines;
    std::string directory;
    std::string destination;  // of "COPY x DST"
    std::string target;
  };

  const Row rows[] = {
      {"", "", "a", "/a"},
      {"WORKDIR /w", "/w", "a", "/w/a"},
      {"WORKDIR /w", "/w", ".", "/w/"},
      {"WORKDIR /w", "/w", "./", "/w/"},
      {"WORKDIR /w", "/w", "a/", "/w/a/"},
      {"WORKDIR /w", "/w", "/a/.", "/a/"},
      {"WORKDIR /w", "/w", "../a", "/a"},
      {"WORKDIR /w", "/w", "..", "/"},
      {"WORKDIR /w", "/w", "/", "/"},
      {"WORKDIR /w", "/w", "//a//b", "/a/b"},
      {"WORKDIR w", "/w", "a", "/w/a"},
      {"WORKDIR /a\nWORKDIR b\nWORKDIR ../c", "/a/c", "d", "/a/c/d"},
      {"WORKDIR /x/../y/", "/x/../y/", "a", "/y/a"},
      {"WORKDIR /x/../y/\nWORKDIR z/", "/y/z", "a", "/y/z/a"},
      {"WORKDIR ../../..", "/", "a", "/a"},
      {"ENV D=/d\nWORKDIR $D/e", "/d/e", "$D", "/d"},
      {"WORKDIR /w\nWORKDIR $NOPE", "/w", "a", "/w/a"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    CAPTURE(row.destination);
    const Lowered lowered =
        lower_text("FROM debian\n" + row.lines + "\nCOPY x " + row.destination + "\n");
    CHECK(lowered.config.config.working_dir == row.directory);
    CHECK(std::get<graph::Copy>(lowered.graph[lowered.root].op).destination == row.target);
  }
}

TEST_CASE("--chmod takes octal and symbolic modes") {
  const auto copy = [](const std::string& mode) {
    return lower_text("FROM debian\nENV M=0640\nCOPY --chmod=" + mode + " a b");
  };
  for (const char* good :
       {"755", "0755", "4755", "00755", "u=rwX,go=rX", "+x", "a-w", "$M", "$NOPE"}) {
    CAPTURE(good);
    CHECK_NOTHROW(copy(good));
  }
  for (const char* wrong : {"8", "77777", "rwx", "u=rwz", "u", "u=r,,g=r"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(copy(wrong), DockerfileError);
  }
}

TEST_CASE("a flag that comes to nothing is not there") {
  const auto step = [](const std::string& flags) {
    const Lowered lowered = lower_text("FROM debian\nARG A\nENV B=\n" + flags);
    return lowered.graph[lowered.root].digest;
  };
  const oci::Digest plain = step("COPY a b");
  for (const char* flag : {"--chown=", "--chown=$A", "--chown=${B:-}", "--chmod=$A$B", "--chmod=''",
                           "--from=", "--exclude=$B", "--chown=$A --chmod=$A --exclude="}) {
    CAPTURE(flag);
    CHECK(step(std::string("COPY ") + flag + " a b") == plain);
  }
  CHECK(step("ADD --checksum=$A a c/") == step("ADD a c/"));
  CHECK(step("ADD --checksum=$A a <<E c/\nx\nE") == step("ADD a <<E c/\nx\nE"));
  CHECK(step("ADD --checksum=$B http://h/f c") == step("ADD http://h/f c"));
  CHECK(step("ADD --checksum=${A} http://h/r.git c") == step("ADD http://h/r.git c"));
  // Nor one that stands there empty; BuildKit wants a word where none can be expanded.
  CHECK_NOTHROW(lower_text("FROM --platform= debian\nHEALTHCHECK --timeout= CMD x"));
  CHECK_THROWS_AS(lower_text("FROM debian\nRUN --network= x"), DockerfileError);
  CHECK_THROWS_AS(lower_text("FROM debian\nRUN --security= x"), DockerfileError);
  CHECK_THROWS_AS(lower_text("FROM debian\nRUN --mount=type=cache,target=/c,uid= x"),
                  DockerfileError);
  CHECK_THROWS_WITH_AS(lower_text("FROM debian\nARG U\nCOPY --chown=$U: a b"),
                       doctest::Contains("U has no value"), DockerfileError);
}

TEST_CASE("a file that is only read is refused nothing for what it may do") {
  const std::string text =
      "FROM debian\nRUN --network=host x\nRUN --security=insecure x\n"
      "RUN --device=vendor.com/a=b x\n";
  CHECK_THROWS_AS(lower_text(text), DockerfileError);
  Options options = options_for_test();
  options.is_to_be_built = false;
  CHECK(lower_text(text, options).layers.size() == 3);
  CHECK_NOTHROW(lower_text("FROM devicetrigger:1", options));
}

TEST_CASE("what decides the outcome of a step changes its vertex") {
  const std::string before = "FROM debian\n";
  const Lowered plain = lower_text(before + "RUN make");
  for (const char* line : {"ENV a=b", "WORKDIR /w", "USER app", "SHELL [\"sh\"]", "ARG a=b"}) {
    CAPTURE(line);
    const Lowered changed = lower_text(before + line + "\nRUN make");
    CHECK(changed.graph[changed.root].digest != plain.graph[plain.root].digest);
  }
}

TEST_CASE("COPY --link does not depend on what lies below, unless its owner is a name there") {
  const auto input_of_copy = [](const std::string& flags) {
    const Lowered lowered = lower_text("FROM debian\nCOPY --link " + flags + " a /b");
    for (const graph::Vertex& vertex : lowered.graph.vertices()) {
      if (std::holds_alternative<graph::Copy>(vertex.op)) return vertex.inputs[0];
    }
    return graph::VertexId{};
  };
  CHECK(input_of_copy("") == graph::kNoInput);
  CHECK(input_of_copy("--chown=1000:50") == graph::kNoInput);
  CHECK(input_of_copy("--chown=:50") == graph::kNoInput);
  CHECK(input_of_copy("--chown=app") != graph::kNoInput);
  CHECK(input_of_copy("--chown=1000:staff") != graph::kNoInput);
  CHECK(input_of_copy("--chmod=755") != graph::kNoInput);
}

TEST_CASE("equal steps of two stages are one vertex") {
  const Lowered lowered =
      lower_text("FROM debian AS a\nRUN make\nFROM debian AS b\nRUN make\nCOPY --from=a /x /x\n");
  CHECK(lowered.graph.size() == 3);
}

TEST_CASE("nothing is asked of the resolver while the file is wrong") {
  const std::string texts[] = {
      "FROM debian\nRUN --network=host x",
      "FROM debian\nADD https://example.com/x.git#-x /x",
      "FROM debian\nEXPOSE x",
      "FROM debian AS a\nCOPY --from=b a b\nFROM debian AS b",
      "FROM debian\nCOPY --chmod=9 a b",
      "FROM debian\nNOPE",
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    FakeResolver resolver;
    CHECK_THROWS_AS(Dockerfile(text).lower(options_for_test(), resolver), DockerfileError);
    CHECK(resolver.asked.empty());
  }
}

TEST_CASE("a stage that is not needed may hold what is not supported") {
  CHECK_NOTHROW(
      lower_text("FROM missing AS a\nADD https://example.com/x.git#-x /x\nFROM debian\nRUN x"));
}
