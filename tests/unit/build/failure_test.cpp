// Which lines of the Dockerfile are to blame for a step that failed.
#include "src/build/failure.h"

#include <doctest/doctest.h>

#include "cbuild/build/build_failed.h"
#include "cbuild/graph/diagnostic.h"
#include "cbuild/solver/vertex_error.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

/// A build that is planned, and then fails as it is told to.
struct Failing {
  explicit Failing(Request its_request) : request(std::move(its_request)) {
    request.context_directory = "/";
    request.on_findings = [&](const std::vector<graph::Diagnostic>& found) {
      findings = found;
      ++told;
    };
    plan.add(0, request, world.services);
  }

  solver::VertexError error_at(const std::string& word, const Error& cause) const {
    const graph::VertexId vertex = find_vertex(plan.graph(), word);
    REQUIRE(vertex != graph::kNoInput);
    return {vertex, cause};
  }

  BuildFailed failure(const solver::VertexError& error,
                      const std::vector<solver::VertexError>& others = {}) {
    try {
      fail(plan.builds.front(), plan.graph(), error, others);
    } catch (const BuildFailed& failed) {
      return failed;
    }
  }

  World world;
  Request request;
  Plan plan;
  std::vector<graph::Diagnostic> findings;
  int told = 0;
};

Error missing(const std::string& file) {
  Error error(ErrorKind::usage, "{}: not found", file);
  error.with_subject(file);
  return error;
}

Request run_with_loans() {
  return request_for(
      "FROM scratch\n"
      "RUN --mount=type=secret,id=key --mount=type=ssh,id=agent [\"/x\"]\n");
}

}  // namespace

TEST_CASE("the word of the instruction that is to blame is marked, else all of it") {
  Failing build(request_for("FROM scratch\nCOPY one two /\n"));
  const BuildFailed word = build.failure(build.error_at("COPY", missing("two")));
  REQUIRE(word.faults().size() == 1);
  CHECK(word.faults()[0].range.line == 2);
  CHECK(word.faults()[0].range.column == 10);
  CHECK(word.faults()[0].range.end_column == 13);
  CHECK(std::string(word.what()) == "two: not found");
  CHECK(word.kind() == ErrorKind::usage);
  for (const std::string subject : {"", "on", "three"}) {
    CAPTURE(subject);
    const BuildFailed whole = build.failure(build.error_at("COPY", missing(subject)));
    CHECK(whole.faults()[0].range.line == 2);
    CHECK(whole.faults()[0].range.column == 0);
  }
}

TEST_CASE("several faults are told in the order of the file, each once; the last is the message") {
  Failing build(request_for("FROM scratch\nCOPY one /a\nCOPY two /b\nCOPY three /c\n"));
  const auto error = build.error_at("COPY three", missing("three"));
  const BuildFailed failed = build.failure(error, {build.error_at("COPY three", missing("three")),
                                                   build.error_at("COPY one", missing("one")),
                                                   build.error_at("COPY two", missing("two"))});
  REQUIRE(failed.faults().size() == 3);
  for (int i = 0; i < 3; ++i)
    CHECK(failed.faults()[static_cast<std::size_t>(i)].range.line == i + 2);
  CHECK(std::string(failed.what()) == "three: not found");

  const BuildFailed upward = build.failure(build.error_at("COPY one", missing("one")),
                                           {build.error_at("COPY two", missing("two"))});
  CHECK(std::string(upward.what()) == "two: not found");
}

TEST_CASE("the kind and the hint of the cause stay") {
  Failing build(request_for("FROM scratch\nWORKDIR /a\n"));
  Error cause(ErrorKind::machine, "no space");
  cause.with_hint("prune");
  const BuildFailed failed = build.failure(build.error_at("WORKDIR", cause));
  CHECK(failed.kind() == ErrorKind::machine);
  CHECK(failed.hint() == "prune");
  CHECK(failed.faults()[0].hint == "prune");
}

TEST_CASE("a RUN that failed may have missed what was not lent to it") {
  struct Row {
    bool secret;
    bool ssh;
    std::string hint;
  };

  const Row rows[] = {
      {false, false, "the step has no secret 'key': --secret id=key,src=FILE"},
      {true, false, "the step has no ssh agent 'agent': --ssh agent"},
      {false, true, "the step has no secret 'key': --secret id=key,src=FILE"},
      {true, true, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.hint);
    Request request = run_with_loans();
    if (row.secret) request.run.secrets["key"] = "";
    if (row.ssh) request.run.ssh["agent"] = {};
    Failing build(request);
    CHECK(build.failure(build.error_at("RUN", Error("exit code: 1"))).hint() == row.hint);
  }
  Failing build(run_with_loans());
  Error told("exit code: 1");
  told.with_hint("its own");
  CHECK(build.failure(build.error_at("RUN", told)).hint() == "its own");
}

TEST_CASE("what the rules found is told again, but not of an ignored file beside its own error") {
  Request request = request_for("FROM scratch\nENV a b\nCOPY one /a\nCOPY two /b\n");
  request.ignore_file = "one\ntwo\n";
  Failing build(request);
  REQUIRE(build.plan.builds.front().warnings.size() == 3);
  build.failure(build.error_at("COPY two", missing("two")));
  CHECK(build.told == 1);
  REQUIRE(build.findings.size() == 2);
  CHECK(build.findings[0].rule == "LegacyKeyValueFormat");
  CHECK(build.findings[1].rule == "CopyIgnoredFile");
  CHECK(build.findings[1].range.line == 3);
}

TEST_CASE("an error of a vertex that no line made is thrown as it is") {
  World world;
  const Request request = request_for("FROM scratch\n");
  graph::Graph graph;
  graph::Vertex vertex;
  vertex.op = graph::MakeDirectory{"/", ""};
  graph.add(vertex);
  const PlannedBuild build(0, request);
  const solver::VertexError error(0, Error(ErrorKind::network, "gone"));
  CHECK_THROWS_AS(fail(build, graph, error, {}), solver::VertexError);
}

TEST_CASE("of several builds each blames its own line") {
  World world;
  Plan plan;
  const Request first = request_for("FROM scratch\nWORKDIR /a\n");
  Request second = request_for("# x\n# y\nFROM scratch\nWORKDIR /a\n");
  second.dockerfile_name = "other/Dockerfile";
  plan.add(0, first, world.services);
  plan.add(1, second, world.services);
  const solver::VertexError error(0, Error("full"));
  try {
    fail(plan.builds.back(), plan.graph(), error, {});
  } catch (const BuildFailed& failed) {
    CHECK(failed.faults()[0].range.line == 4);
    CHECK(holds(failed.excerpt(), "other/Dockerfile:4"));
  }
}

}  // namespace cbuild::build
