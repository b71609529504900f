// The graph for programs; see debug_graph.h.
#include "src/cli/debug_graph.h"

#include <fmt/core.h>

#include "cbuild/frontend/describe_graph.h"
#include "cbuild/frontend/lowered.h"
#include "src/cli/json_writer.h"

namespace cbuild::cli {

namespace {

void write_id(JsonWriter& json, graph::VertexId id) {
  if (id == graph::kNoInput) {
    json.null();
  } else {
    json.value(std::uint64_t{id});
  }
}

void write_vertex(JsonWriter& json, graph::VertexId id, const graph::Vertex& vertex) {
  json.begin_object();
  json.member("id", std::uint64_t{id});
  json.member("op", frontend::name_of(vertex.op));
  json.member("label", vertex.label);
  json.member("digest", vertex.digest.to_string());
  json.key("inputs").begin_array();
  for (const graph::VertexId input : vertex.inputs)
    write_id(json, input);
  json.end_array();
  json.member("first_line", std::int64_t{vertex.range.line});
  json.member("last_line", std::int64_t{vertex.range.last_line});
  json.key("fields").begin_array();
  for (const frontend::Field& field : frontend::fields_of(vertex.op)) {
    json.begin_object().member("name", field.name).member("value", field.value).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string graph_json(const frontend::Lowered& lowered) {
  JsonWriter json;
  json.begin_object().key("vertices").begin_array();
  for (graph::VertexId id = 0; id < lowered.graph.size(); ++id)
    write_vertex(json, id, lowered.graph[id]);
  json.end_array().key("root");
  write_id(json, lowered.root);
  json.key("layers").begin_array();
  for (const graph::VertexId layer : lowered.layers)
    write_id(json, layer);
  json.end_array();
  json.key("config").document(lowered.config.to_json());
  json.key("warnings").begin_array();
  for (const frontend::Diagnostic& warning : lowered.warnings) {
    json.begin_object().member("rule", warning.rule).member("message", warning.message);
    json.member("line", std::int64_t{warning.range.line}).end_object();
  }
  json.end_array().strings("unused_build_args", lowered.unused_build_args);
  return json.end_object().take();
}

std::string graph_dot(const frontend::Lowered& lowered) {
  std::string text = "digraph {\n  node [shape=box];\n";
  for (graph::VertexId id = 0; id < lowered.graph.size(); ++id) {
    const graph::Vertex& vertex = lowered.graph[id];
    text += fmt::format("  v{} [label={}];\n", id, json_string(vertex.label));
    for (const graph::VertexId input : vertex.inputs) {
      if (input != graph::kNoInput) text += fmt::format("  v{} -> v{};\n", input, id);
    }
  }
  return text + "}\n";
}

}  // namespace cbuild::cli
