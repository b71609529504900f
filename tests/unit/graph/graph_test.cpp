#include "cbuild/graph/graph.h"

#include <doctest/doctest.h>

using namespace cbuild;
using namespace cbuild::graph;

namespace {

Vertex run(std::string command, std::vector<VertexId> inputs) {
  Exec op;
  op.argv = {std::move(command)};
  Vertex vertex;
  vertex.op = op;
  vertex.inputs = std::move(inputs);
  return vertex;
}

Vertex context(std::string name) {
  Vertex vertex;
  vertex.op = ContextSource{name, name};
  return vertex;
}

}  // namespace

TEST_CASE("equal vertices are merged, whatever they are called") {
  Graph graph;
  const VertexId first = graph.add(run("make", {kNoInput}));
  Vertex again = run("make", {kNoInput});
  again.label = "[test 3/4] RUN make";
  again.range.line = 7;
  CHECK(graph.add(again) == first);
  CHECK(graph.size() == 1);
  CHECK(graph[first].label.empty());
  CHECK(graph[first].range.line == 0);
}

TEST_CASE("the digest covers the operation and the inputs in their order") {
  Graph graph;
  const VertexId a = graph.add(context("a"));
  const VertexId b = graph.add(context("b"));
  const std::vector<Vertex> different = {
      run("make", {}),
      run("make", {kNoInput}),
      run("make", {a}),
      run("make", {b}),
      run("make", {a, b}),
      run("make", {b, a}),
      run("make", {a, a}),
      run("make all", {a}),
      run("make", {kNoInput, a}),
      run("make", {a, kNoInput}),
  };
  for (const Vertex& vertex : different)
    graph.add(vertex);
  CHECK(graph.size() == 2 + different.size());
}

TEST_CASE("chains built alike are merged to the end") {
  Graph graph;
  const VertexId end = graph.add(run("two", {graph.add(run("one", {kNoInput}))}));
  CHECK(graph.add(run("two", {graph.add(run("one", {kNoInput}))})) == end);
  CHECK(graph.size() == 2);
}

TEST_CASE("a merged vertex ignores the cache when one of its uses does") {
  Graph graph;
  const VertexId id = graph.add(run("make", {kNoInput}));
  CHECK_FALSE(graph[id].ignore_cache);
  Vertex fresh = run("make", {kNoInput});
  fresh.ignore_cache = true;
  CHECK(graph.add(fresh) == id);
  CHECK(graph[id].ignore_cache);
  graph.add(run("make", {kNoInput}));
  CHECK(graph[id].ignore_cache);
}

TEST_CASE("merging a graph adds only what is not there") {
  Graph one;
  const VertexId shared = one.add(run("shared", {kNoInput}));
  one.add(run("own", {shared}));
  Graph other;
  const VertexId extra = other.add(context("extra"));
  const VertexId again = other.add(run("shared", {kNoInput}));
  const VertexId end = other.add(run("other", {again, extra, kNoInput}));
  const std::vector<VertexId> here = one.merge(other);
  CHECK(one.size() == 4);
  CHECK(here[again] == shared);
  CHECK(one[here[end]].inputs == std::vector<VertexId>{shared, here[extra], kNoInput});
  CHECK(one[here[end]].digest == other[end].digest);
  CHECK(one.merge(other) == here);
}
