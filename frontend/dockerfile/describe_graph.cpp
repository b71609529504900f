// Writes a lowered Dockerfile as text; see describe_graph.h.
#include "cbuild/frontend/describe_graph.h"

#include <fmt/core.h>

#include "cbuild/frontend/lowered.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/go_text.h"

namespace cbuild::frontend {

namespace {

class Text {
 public:
  void line(std::string_view name, std::string_view value) {
    text_ += fmt::format("{}{}{}\n", name, value.empty() ? "" : " ", value);
  }

  /// Left out when empty.
  void field(std::string_view name, std::string_view value) {
    if (!value.empty()) line(fmt::format("  {}", name), value);
  }

  void flag(std::string_view name, bool value) {
    if (value) line(fmt::format("  {}", name), "");
  }

  void list(std::string_view name, const std::vector<std::string>& values) {
    for (const std::string& value : values)
      line(fmt::format("  {}", name), go_quoted(value));
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string id_text(graph::VertexId id) {
  return id == graph::kNoInput ? "scratch" : fmt::format("#{}", id);
}

std::string mount_text(const graph::ExecMount& mount) {
  static constexpr const char* kTypes[] = {"bind", "cache", "tmpfs", "secret", "ssh"};
  static constexpr const char* kSharing[] = {"", " private", " locked"};
  std::string text = kTypes[static_cast<int>(mount.type)];
  text += " " + mount.target;
  if (!mount.source.empty()) text += " source=" + mount.source;
  if (mount.input >= 0) text += fmt::format(" input={}", mount.input);
  if (!mount.id.empty()) text += " id=" + mount.id;
  text += mount.read_only ? " ro" : " rw";
  text += kSharing[static_cast<int>(mount.sharing)];
  if (mount.mode) text += fmt::format(" mode={:o}", *mount.mode);
  if (mount.uid) text += fmt::format(" uid={}", *mount.uid);
  if (mount.gid) text += fmt::format(" gid={}", *mount.gid);
  if (mount.size) text += fmt::format(" size={}", mount.size);
  if (mount.required) text += " required";
  if (!mount.env.empty()) text += " env=" + mount.env;
  return text;
}

/// Collects fields; those with their default value are left out.
class Fields {
 public:
  void field(std::string name, std::string value) {
    if (!value.empty()) fields_.push_back({std::move(name), std::move(value)});
  }

  void flag(std::string name, bool value) {
    if (value) fields_.push_back({std::move(name), {}});
  }

  void list(const std::string& name, const std::vector<std::string>& values) {
    for (const std::string& value : values)
      field(name, go_quoted(value));
  }

  std::vector<Field> take() { return std::move(fields_); }

 private:
  std::vector<Field> fields_;
};

void add_exec(Fields& fields, const graph::Exec& op) {
  fields.field("exec", go_quoted_list(op.argv));
  fields.list("env", op.env.entries());
  fields.list("unkeyed", op.unkeyed_env);
  if (op.cwd != "/") fields.field("cwd", op.cwd);
  fields.field("user", op.user);
  fields.flag("no network", op.network == graph::Network::none);
  fields.flag("host network", op.network == graph::Network::host);
  fields.field("hostname", op.hostname);
  for (const graph::ExecMount& mount : op.mounts)
    fields.field("mount", mount_text(mount));
  fields.field("script_path", op.script_path);
  if (!op.script.empty()) fields.field("script", go_quoted(op.script));
}

void add_copy(Fields& fields, const graph::Copy& op) {
  fields.field("copy to", op.destination);
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const std::string from =
        op.source_inputs.empty() ? "" : fmt::format(" of input {}", op.source_inputs[i]);
    fields.field("source", go_quoted(op.sources[i]) + from);
  }
  for (const graph::InlineFile& file : op.inline_files)
    fields.field("inline", fmt::format("{} {}", file.name, go_quoted(file.content)));
  fields.field("owner", op.owner);
  fields.field("mode", op.mode);
  fields.flag("unpack_archives", op.unpack_archives);
  fields.flag("unpack_downloads", op.unpack_downloads);
  fields.flag("parents", op.parents);
  fields.flag("link", op.link);
  fields.list("exclude", op.excludes);
  fields.flag("owners count", !op.from_context);
}

void add_config(Text& text, const oci::ImageConfig& image) {
  const oci::RunConfig& config = image.config;
  text.line("config", image.platform.to_string());
  text.field("created", image.created);
  text.field("author", image.author);
  for (const oci::Digest& layer : image.diff_ids)
    text.field("diff_id", layer.short_hex());
  text.field("user", config.user);
  for (const std::string& port : config.exposed_ports)
    text.field("port", port);
  text.list("env", config.env);
  if (config.entrypoint) text.field("entrypoint", go_quoted_list(*config.entrypoint));
  if (config.cmd) text.field("cmd", go_quoted_list(*config.cmd));
  for (const std::string& volume : config.volumes)
    text.field("volume", volume);
  text.field("working_dir", config.working_dir);
  for (const auto& [name, value] : config.labels)
    text.field("label", go_quoted(name) + " " + go_quoted(value));
  text.field("stop_signal", config.stop_signal);
  if (const auto& check = config.healthcheck) {
    text.field("healthcheck",
               fmt::format("{} interval={} timeout={} start_period={} start_interval={} retries={}",
                           go_quoted_list(check->test), go_duration(check->interval),
                           go_duration(check->timeout), go_duration(check->start_period),
                           go_duration(check->start_interval), check->retries));
  }
  text.list("on_build", config.on_build);
  if (!config.shell.empty()) text.field("shell", go_quoted_list(config.shell));
  text.flag("args_escaped", config.args_escaped);
  text.field("unknown", image.unknown + image.unknown_config);
}

}  // namespace

std::string_view name_of(const graph::Op& op) {
  return std::visit(overloaded{
                        [](const graph::ImageSource&) { return "image"; },
                        [](const graph::ContextSource&) { return "context"; },
                        [](const graph::HttpSource&) { return "http"; },
                        [](const graph::GitSource&) { return "git"; },
                        [](const graph::Exec&) { return "exec"; },
                        [](const graph::Copy&) { return "copy"; },
                        [](const graph::MakeDirectory&) { return "mkdir"; },
                        [](const graph::Rebase&) { return "rebase"; },
                    },
                    op);
}

std::vector<Field> fields_of(const graph::Op& op) {
  Fields fields;
  std::visit(
      overloaded{
          [&](const graph::ImageSource& image) {
            fields.field("image", image.reference.to_string());
            fields.field("manifest", image.manifest.short_hex());
            for (const oci::Digest& layer : image.diff_ids)
              fields.field("layer", layer.short_hex());
          },
          [&](const graph::ContextSource& context) { fields.field("context", context.name); },
          [&](const graph::HttpSource& http) {
            fields.field("http", http.url);
            if (http.checksum) fields.field("checksum", http.checksum->short_hex());
          },
          [&](const graph::GitSource& git) {
            fields.field("git", git.url);
            fields.field("ref", git.ref);
            fields.field("subdirectory", git.subdirectory);
            fields.field("checksum", git.checksum);
            fields.flag("keep .git", git.keep_git_directory);
            fields.flag("no submodules", !git.submodules);
          },
          [&](const graph::Exec& exec) { add_exec(fields, exec); },
          [&](const graph::Copy& copy) { add_copy(fields, copy); },
          [&](const graph::MakeDirectory& make) {
            fields.field("mkdir", make.path);
            fields.field("user", make.user);
          },
          [&](const graph::Rebase&) { fields.flag("rebase", true); },
      },
      op);
  return fields.take();
}

std::string to_text(const Lowered& lowered) {
  Text text;
  for (graph::VertexId id = 0; id < lowered.graph.size(); ++id) {
    const graph::Vertex& vertex = lowered.graph[id];
    text.line(id_text(id), vertex.label);
    for (const Field& field : fields_of(vertex.op))
      text.line("  " + field.name, field.value);
    std::string inputs;
    for (const graph::VertexId input : vertex.inputs)
      inputs += (inputs.empty() ? "" : " ") + id_text(input);
    text.field("inputs", inputs);
    if (vertex.range.line > 0)
      text.field("lines", fmt::format("{}-{}", vertex.range.line, vertex.range.last_line));
    text.flag("ignore_cache", vertex.ignore_cache);
  }
  text.line("root", id_text(lowered.root));
  std::string layers;
  for (const graph::VertexId layer : lowered.layers)
    layers += (layers.empty() ? "" : " ") + id_text(layer);
  text.line("layers", layers);
  add_config(text, lowered.config);
  text.line("history", "");
  for (std::size_t i = 0; i < lowered.config.history.size(); ++i) {
    const oci::HistoryEntry& entry = lowered.config.history[i];
    text.field(i < lowered.base_history ? "base"
               : entry.empty_layer      ? "empty"
                                        : "layer",
               go_quoted(entry.created_by));
  }
  if (!lowered.unused_build_args.empty()) text.line("unused", join(lowered.unused_build_args, " "));
  return text.take();
}

}  // namespace cbuild::frontend
