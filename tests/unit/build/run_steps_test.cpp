// What RUN steps need of this machine, before anything is fetched for them.
#include "src/build/run_steps.h"

#include <doctest/doctest.h>

#include "cbuild/sandbox/emulation.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/solver/solver.h"
#include "cbuild/util/cancel.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

namespace {

/// A graph of one step for each platform; numbers are their order.
graph::Graph graph_of(const std::vector<std::string>& platforms) {
  graph::Graph graph;
  for (const std::string& platform : platforms) {
    graph::Vertex vertex;
    graph::Exec exec;
    exec.argv = {platform};
    vertex.op = exec;
    vertex.platform = oci::Platform::parse(platform);
    graph.add(std::move(vertex));
  }
  return graph;
}

const std::string kOwn = oci::Platform::host().to_string();

}  // namespace

TEST_CASE("a step for another operating system is refused, with a way out") {
  const graph::Graph graph = graph_of({kOwn, "freebsd/amd64", "windows/amd64"});
  const std::vector<graph::VertexId> pending = {0, 1, 2};
  sandbox::Emulation emulation;
  World world;
  try {
    prepare_run_steps(graph, pending, world.workspace, emulation);
    FAIL("it was accepted");
  } catch (const solver::VertexError& error) {
    CHECK(error.vertex() == 1);  // the first
    CHECK(error.kind() == ErrorKind::machine);
    CHECK(std::string(error.what()) == "RUN for freebsd/amd64 cannot be executed on this " + kOwn +
                                           " machine: another operating system");
    CHECK(holds(error.hint(), "--platform=$BUILDPLATFORM"));
  }
}

TEST_CASE("a processor that nobody knows is refused") {
  const graph::Graph graph = graph_of({"linux/pdp11"});
  const std::vector<graph::VertexId> pending = {0};
  sandbox::Emulation emulation;
  World world;
  CHECK(holds(error_of([&] { prepare_run_steps(graph, pending, world.workspace, emulation); }),
              "cbuild knows no emulator for pdp11"));
}

TEST_CASE("only steps that are still to be done are looked at, and only those of RUN") {
  graph::Graph graph = graph_of({kOwn, "freebsd/amd64"});
  graph::Vertex directory;
  directory.op = graph::MakeDirectory{"/a", ""};
  directory.platform = oci::Platform::parse("freebsd/amd64");
  const graph::VertexId made = graph.add(directory);
  const std::vector<graph::VertexId> pending = {made};
  sandbox::Emulation emulation;
  const CancelToken cancel;
  const sandbox::Workspace nowhere(cancel, {.wanted = sandbox::Isolation::none, .environment = {}});
  prepare_run_steps(graph, pending, nowhere, emulation);
}

TEST_CASE("the first RUN is refused where nothing can be run") {
  const graph::Graph graph = graph_of({kOwn});
  const std::vector<graph::VertexId> pending = {0};
  sandbox::Emulation emulation;
  const CancelToken cancel;
  const sandbox::Workspace nowhere(cancel, {.wanted = sandbox::Isolation::none, .environment = {}});
  try {
    prepare_run_steps(graph, pending, nowhere, emulation);
    FAIL("it was accepted");
  } catch (const solver::VertexError& error) {
    CHECK(error.vertex() == 0);
    CHECK(error.kind() == ErrorKind::machine);
    CHECK(holds(error.what(), "--isolation none"));
  }
}

}  // namespace cbuild::build
