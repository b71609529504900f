// Lowers RUN: command, environment, mounts.
#include <fmt/core.h>

#include <array>
#include <utility>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/options.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/stage_lowering.h"
#include "frontend/dockerfile/step.h"

namespace cbuild::frontend {

namespace {

constexpr auto kProxies = std::to_array<std::string_view>(
    {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"});

/// Proxy settings given by --build-arg, in both spellings as programs want them. What ENV or ARG
/// declare is in the environment anyway, and part of the key.
std::vector<std::string> proxy_env(const StageLowering& stage) {
  std::vector<std::string> env;
  for (const std::string_view proxy : kProxies) {
    for (const auto& [name, value] : stage.options().build_args) {
      if (!equals_ignoring_case(name, proxy)) continue;
      for (const std::string& spelling : {std::string(proxy), to_lower(proxy)}) {
        if (!stage.variable(spelling)) env.push_back(spelling + "=" + value);
      }
      break;
    }
  }
  return env;
}

/// The command with the bodies of its here-documents, as the shell wants to read it.
std::string text_for_shell(const ast::Run& run) {
  if (run.heredoc_is_script) return run.heredocs.front().content;
  std::string text = run.command.text;
  for (const ast::Heredoc& heredoc : run.heredocs)
    text += "\n" + heredoc.verbatim() + heredoc.name;
  return text;
}

void set_command(const StageLowering& stage, const ast::Run& run, graph::Exec& op) {
  if (run.command.exec) {
    op.argv = run.command.argv;
  } else if (run.heredoc_is_script && run.heredocs.front().content.starts_with("#!")) {
    op.script_path = "/dev/pipes/" + run.heredocs.front().name;
    op.script = run.heredocs.front().content;
    op.argv = stage.with_shell(op.script_path);
  } else {
    op.argv = stage.with_shell(text_for_shell(run));
  }
}

/// Index of `vertex` among the inputs of the vertex to be made; input 0 is the root file system.
int input_index(std::vector<graph::VertexId>& others, graph::VertexId vertex) {
  for (std::size_t i = 0; i < others.size(); ++i) {
    if (others[i] == vertex) return static_cast<int>(i) + 1;
  }
  others.push_back(vertex);
  return static_cast<int>(others.size());
}

/// The id of a cache: one without is known by its target as written, so that "node_modules" is one
/// cache in whatever working directory.
std::string cache_id(const StageLowering& stage, const graph::ExecMount& mount) {
  const std::string space = stage.build_argument("BUILDKIT_CACHE_MOUNT_NS").value_or("");
  std::string id = mount.id;
  if (id.empty()) {
    id = clean_path("/", mount.target).substr(mount.target.starts_with('/') ? 0 : 1);
  }
  if (id.empty()) id = ".";  // the working directory
  return space.empty() ? id : space + "/" + id;
}

graph::ExecMount lower_mount(StageLowering& stage,
                             const ast::RunMount& mount,
                             std::vector<graph::VertexId>& others) {
  using Type = graph::ExecMount::Type;
  graph::ExecMount result =
      evaluate_mount(mount, [&](const ast::Word& word) { return stage.expand(word); });
  if (result.type == Type::cache) result.id = cache_id(stage, result);
  const bool is_directory = result.type != Type::secret && result.type != Type::ssh;
  if (is_directory || !result.target.empty()) {
    result.target = stage.absolute(result.target, false);
  }
  if (result.target == "/") {
    throw DockerfileError(
        stage.place_of(mount.text),
        fmt::format("invalid mount target \"/\": {}, write target=/PATH",
                    mount.target ? "a mount cannot replace the root file system"
                                 : "without a target the mount is on the working directory"));
  }
  const bool has_files = result.type == Type::bind || result.type == Type::cache;
  if (mount.from && has_files) {
    result.input = input_index(others, stage.files_of(*mount.from).vertex);
  } else if (result.type == Type::bind) {
    result.input = input_index(others, stage.build_context());
  }
  return result;
}

/// The word to blame when it is missing: the source, or the id of a secret or agent.
graph::WrittenWord word_of(const StageLowering& stage,
                           const ast::RunMount& mount,
                           const graph::ExecMount& op) {
  using Type = graph::ExecMount::Type;
  const bool is_lent = op.type == Type::secret || op.type == Type::ssh;
  const std::optional<ast::Word>& word = is_lent ? mount.id : mount.source;
  return stage.written(word ? *word : mount.text, is_lent ? op.id : op.source);
}

/// Sockets of ssh agents that no target was written for.
void place_sockets(std::vector<graph::ExecMount>& mounts) {
  std::size_t number = 0;
  for (graph::ExecMount& mount : mounts) {
    if (mount.type != graph::ExecMount::Type::ssh) continue;
    if (mount.target.empty()) mount.target = fmt::format("/run/buildkit/ssh_agent.{}", number);
    ++number;
  }
}

/// "RUN |2 A=1 B=2 /bin/sh -c make # buildkit": the arguments in force come first.
std::string history_of(const std::string& arguments, const std::vector<std::string>& argv) {
  return "RUN " + arguments + join(argv, " ") + " # buildkit";
}

/// "RUN <<EOF (apt-get update...)": the first line of a script says more than its name.
std::string label_of(const ast::Run& run) {
  std::string label = "RUN" + run.info.original.substr(run.info.keyword.size());
  if (run.heredoc_is_script) {
    const std::string_view body = trim(run.heredocs.front().content);
    const auto end = body.find('\n');
    label += fmt::format(" ({}{})", trim(body.substr(0, end)),
                         end == std::string_view::npos ? "" : "...");
  }
  return label;
}

}  // namespace

void ast::Run::check(const Options& options) const {
  if (!options.is_to_be_built) return;
  if (network == Network::host && !options.allow_host_network) {
    throw DockerfileError(
        info.range,
        "--network=host is not allowed: build with --allow network.host, or remove the flag");
  }
  if (security == Security::insecure) {
    throw DockerfileError(
        info.range,
        fmt::format("--security=insecure {}: cbuild runs every step without privileges",
                    options.allow_insecure ? "is not supported, even with --allow security.insecure"
                                           : "is not allowed"));
  }
  if (!devices.empty()) {
    throw DockerfileError(
        devices.front().range,
        "--device is not supported: cbuild gives a step no devices of this machine");
  }
}

void ast::Run::lower(StageLowering& stage) const {
  check(stage.options());  // again, for triggers
  graph::Exec op;
  set_command(stage, *this, op);
  const std::string arguments = stage.arguments_text();
  op.env = stage.environment();
  op.unkeyed_env = proxy_env(stage);
  op.cwd = stage.absolute("", false);
  op.user = stage.config().user;
  op.network = stage.options().network;
  if (network == Network::none) op.network = graph::Network::none;
  if (network == Network::host) op.network = graph::Network::host;
  op.hostname = stage.build_argument("BUILDKIT_SANDBOX_HOSTNAME").value_or("");
  std::vector<graph::VertexId> others;
  for (const ast::RunMount& mount : mounts)
    op.mounts.push_back(lower_mount(stage, mount, others));
  std::vector<graph::WrittenWord> words = {stage.user()};
  for (std::size_t i = 0; i < mounts.size(); ++i)
    words.push_back(word_of(stage, mounts[i], op.mounts[i]));
  place_sockets(op.mounts);
  std::string created_by = history_of(arguments, op.argv);
  stage.add({.op = std::move(op),
             .label = label_of(*this),
             .created_by = std::move(created_by),
             .inputs = std::move(others),
             .words = std::move(words)});
}

}  // namespace cbuild::frontend
