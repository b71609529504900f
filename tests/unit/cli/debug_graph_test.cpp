// A graph for programs: JSON and the language of Graphviz.
#include "src/cli/debug_graph.h"

#include <doctest/doctest.h>

#include "cbuild/frontend/lowered.h"
#include "tests/support/errors.h"

namespace cbuild::cli {
namespace {

graph::VertexId add_directory(graph::Graph& graph,
                              const std::string& path,
                              graph::VertexId input,
                              const std::string& label) {
  graph::Vertex vertex;
  vertex.op = graph::MakeDirectory{path, ""};
  vertex.inputs = {input};
  vertex.label = label;
  vertex.range = {2, 3, 0, 0};
  return graph.add(std::move(vertex));
}

/// Two steps, one upon the other, and what the rules found.
frontend::Lowered two_steps() {
  frontend::Lowered lowered;
  const auto first = add_directory(lowered.graph, "/a", graph::kNoInput, "[1/2] WORKDIR \"a\"");
  lowered.root = add_directory(lowered.graph, "/b", first, "[2/2] WORKDIR \x1b");
  lowered.layers = {first, lowered.root};
  lowered.config.author = "who";
  lowered.warnings.push_back({.severity = graph::Severity::warning,
                              .rule = "Rule",
                              .range = {2, 2, 0, 0},
                              .message = "so it is"});
  lowered.unused_build_args = {"a"};
  return lowered;
}

TEST_CASE("the JSON of a graph has its vertices with inputs, lines and fields") {
  const frontend::Lowered lowered = two_steps();
  const std::string json = graph_json(lowered);
  for (const std::string& part : {
           std::string("\"id\": 0,"),
           std::string(R"("label": "[1/2] WORKDIR \"a\"")"),
           std::string(R"("label": "[2/2] WORKDIR \u001b")"),
           "\"digest\": \"" + lowered.graph[1].digest.to_string() + "\"",
           std::string("\"inputs\": [\n        null\n      ]"),
           std::string("\"inputs\": [\n        0\n      ]"),
           std::string("\"first_line\": 2,\n      \"last_line\": 3,"),
           std::string("\"root\": 1,\n  \"layers\": [\n    0,\n    1\n  ]"),
           std::string(R"("author":"who")"),
           std::string("\"rule\": \"Rule\",\n      \"message\": \"so it is\",\n      \"line\": 2"),
           std::string("\"unused_build_args\": [\n    \"a\"\n  ]"),
       }) {
    CAPTURE(part);
    CHECK(holds(json, part));
  }
}

TEST_CASE("a graph of nothing has no root") {
  const std::string json = graph_json({});
  CHECK(holds(json, "\"vertices\": [],\n  \"root\": null,\n  \"layers\": []"));
  CHECK(graph_dot({}) == "digraph {\n  node [shape=box];\n}\n");
}

TEST_CASE("Graphviz gets a box a vertex and an arrow an input") {
  CHECK(graph_dot(two_steps()) ==
        "digraph {\n  node [shape=box];\n"
        "  v0 [label=\"[1/2] WORKDIR \\\"a\\\"\"];\n"
        "  v1 [label=\"[2/2] WORKDIR \\u001b\"];\n"
        "  v0 -> v1;\n"
        "}\n");
}

}  // namespace
}  // namespace cbuild::cli
