// The graph for programs; see debug_graph.h.
#include "src/cli/debug_graph.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/oci/image_manifests.h"
#include "cbuild/util/text.h"
#include "src/cli/image_facts.h"
#include "src/cli/json_writer.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

frontend::ResolvedImage assumed_empty(const oci::Reference& reference,
                                      const oci::Platform& platform) {
  warn(fmt::format("{} is not in the store: assumed to be empty", reference.familiar()));
  frontend::ResolvedImage image;
  image.reference = reference;
  image.manifest = reference.digest.value_or(oci::Digest::of(reference.to_string()));
  image.config.platform = platform;
  image.is_known = false;
  return image;
}

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
  json.member("first_line", std::int64_t{vertex.line});
  json.member("last_line", std::int64_t{vertex.last_line});
  json.key("fields").begin_array();
  for (const frontend::Field& field : frontend::fields_of(vertex.op)) {
    json.begin_object().member("name", field.name).member("value", field.value).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

bool KnownImages::has_store() const {
  const std::string& given = session_.globals().root;
  const std::string root =
      given.empty() ? default_root(process_environment, ::geteuid() == 0) : given;
  struct stat status = {};
  return ::stat(root.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

frontend::ResolvedImage KnownImages::resolve(const oci::Reference& reference,
                                             const oci::Platform& platform) {
  if (!has_store()) return assumed_empty(reference, platform);
  store::Store& store = session_.store();
  auto image = store.images().find(reference);
  if (!image) {
    if (const auto manifest = store.images().remembered(reference, platform)) {
      image = store::Image{};
      image->manifest = *manifest;
    }
  }
  if (!image) return assumed_empty(reference, platform);
  image->manifest = oci::manifest_to_show(store.blobs(), image->manifest, platform);
  return {reference, image->manifest.digest, read_facts(store, *image).config};
}

frontend::ResolvedImage KnownImages::resolve_context(const std::string& name,
                                                     const oci::Platform& platform) {
  return assumed_empty(oci::Reference::parse("context/" + to_lower(name)), platform);
}

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
  for (const frontend::Warning& warning : lowered.warnings) {
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
