// One function an operation; see worker.h.
#include "cbuild/ops/worker.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>

#include "cbuild/image/root_views.h"
#include "cbuild/image/users.h"
#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/layer/diff.h"
#include "cbuild/sandbox/detached_mount.h"
#include "cbuild/solver/solver.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/log.h"
#include "cbuild/util/overloaded.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/base_images.h"
#include "src/ops/blame.h"
#include "src/ops/contexts.h"
#include "src/ops/copy.h"
#include "src/ops/exec.h"
#include "src/ops/exec_mounts.h"
#include "src/ops/mounted_files.h"
#include "src/ops/remote_sources.h"
#include "src/ops/select.h"
#include "src/ops/selection_digest.h"
#include "src/ops/upper.h"

namespace cbuild::ops {

namespace {

using graph::VertexId;
using solver::Result;

/// How sources are meant: by COPY as patterns, by mounts as they stand.
enum class Sources { patterns, names };

/// Runs `action`, which reads a context for `op`: a file that may not be read is its user's affair.
template <typename Action>
auto readable(const graph::Copy& op, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (const SysError& error) {
    if (error.code() != EACCES) throw;
    Error denied(error);
    denied.prepend("the build context");
    denied.with_hint("make it readable, or exclude it with a line in .dockerignore");
    throw solver::WordError(op.sources.size() == 1 ? op.sources.front() : "", denied);
  }
}

}  // namespace

struct Worker::Impl {
  Impl(const graph::Graph& graph_in,
       Options options_in,
       store::Store& store_in,
       registry::Registry& registry_in,
       solver::Steps& steps_in,
       const CancelToken& cancel_in)
      : graph(graph_in),
        options(std::move(options_in)),
        store(store_in),
        steps(steps_in),
        cancel(cancel_in),
        views(store_in),
        images(store_in, registry_in, steps_in),
        agents(options.run.ssh, store_in, cancel_in),
        contexts(options.contexts, store_in),
        remotes(graph_in, RemoteFiles(store_in, registry_in, {options.run}, cancel_in), steps_in) {}

  /// Sources of COPY and ADD that are not in their contexts.
  std::vector<solver::VertexError> missing_sources(std::span<const VertexId> vertices) {
    std::vector<solver::VertexError> errors;
    for (const VertexId id : vertices) {
      const auto* copy = std::get_if<graph::Copy>(&graph[id].op);
      if (copy == nullptr) continue;
      for (std::size_t input = 1; input < graph[id].inputs.size(); ++input) {
        const auto* source = context_input(graph[id], input);
        if (source == nullptr || !contexts.has(source->name)) continue;
        const FileTree tree = contexts.open(source->name).tree();
        for (const auto& error : ops::missing_sources(tree, *copy, input))
          errors.emplace_back(id, error);
      }
    }
    return errors;
  }

  const graph::ContextSource* context_input(const graph::Vertex& vertex, std::size_t input) const {
    const VertexId id = vertex.inputs[input];
    return id == graph::kNoInput ? nullptr : std::get_if<graph::ContextSource>(&graph[id].op);
  }

  /// @param keep_for  vertex that will want the selection again, when it runs
  std::string context_identity(const graph::Copy& op,
                               const std::string& name,
                               std::size_t input = 1,
                               std::optional<VertexId> keep_for = std::nullopt) {
    OpenContext& opened = contexts.open(name);
    auto [selection, digest] = readable(op, [&] {
      FileTree tree = opened.tree();
      if (op.unpack_archives) tree = unpacking(std::move(tree));
      Selection selected = select(std::move(tree), op, cancel, input);
      std::string made =
          digest_of(selected, {.remembered = opened.remembered()}, cancel).to_string();
      return std::pair(std::move(selected), std::move(made));
    });
    if (keep_for) {
      const std::lock_guard lock(mutex);
      selections.clear();  // one at a time: the steps before were cached
      selections[*keep_for] = std::move(selection);
    }
    return digest;
  }

  /// The selection that the key of `vertex` was made of, when it is still there.
  std::optional<Selection> take_selection(VertexId vertex) {
    const std::lock_guard lock(mutex);
    auto found = selections.extract(vertex);
    return found ? std::optional(std::move(found.mapped())) : std::nullopt;
  }

  /// Selects from input number `input` of a COPY or ADD.
  Selection select_input(VertexId vertex_id,
                         const graph::Copy& op,
                         std::size_t input,
                         const Result& result,
                         const CancelToken& stop,
                         std::vector<StagedTree>& staged) {
    const VertexId id = graph[vertex_id].inputs[input];
    if (const auto* source = context_input(graph[vertex_id], input)) {
      if (auto known = take_selection(vertex_id)) return std::move(*known);
      FileTree tree = contexts.open(source->name).tree();
      if (op.unpack_archives) tree = unpacking(std::move(tree));
      return select(std::move(tree), op, stop, input);
    }
    if (remotes.has(id)) {
      RemoteTree remote = blaming(first_source(op, input), [&] { return remotes.fetch(id, op); });
      staged.push_back(std::move(remote.staged));
      graph::Copy renamed = op;
      for (std::size_t i = 0; i < op.sources.size(); ++i) {
        if (op.input_of(i) == input) renamed.sources[i] = remote.source;
      }
      return select(std::move(remote.tree), renamed, stop, input);
    }
    FileTree tree = blaming(first_source(op, input), [&] {
      images.make_available(result, stop);
      return stage_tree(views.open(stack_of(result)));
    });
    return select(std::move(tree), op, stop, input);
  }

  /// Content of what is taken from another root file system; remembered for each (stack,
  /// selection).
  std::optional<std::string> content_identity(const graph::Copy& op,
                                              const Result& from,
                                              Sources sources = Sources::patterns) {
    KeyHasher hasher;
    hasher.add("stack", from.id).add("op", graph::key_of(op).to_string());
    if (sources == Sources::names) hasher.add("sources", "names");
    const oci::Digest memo(hasher.finish());
    if (auto known = store.records().find(store::RecordKind::content, memo)) return known;
    if (!prepared) return std::nullopt;
    images.make_available(from, cancel);
    FileTree tree = sources == Sources::names ? mounted_stage_tree(views.open(stack_of(from)))
                                              : stage_tree(views.open(stack_of(from)));
    const Selection selection = select(std::move(tree), op, cancel);
    std::string digest = digest_of(selection, {.owners = op.owner.empty()}, cancel).to_string();
    store.records().save(store::RecordKind::content, memo, digest);
    return digest;
  }

  Result commit(const graph::Vertex& vertex, store::ActiveSnapshot active, const Result& parent) {
    const bool touches_etc =
        try_open_in_root(active.upper(), "etc", O_PATH | O_NOFOLLOW).has_value();
    // Who builds without the cache may doubt the layers that are there.
    const auto if_equal = vertex.ignore_cache ? store::IfEqual::replace : store::IfEqual::keep;
    const store::Snapshot snapshot = std::move(active).commit(cancel, if_equal);
    Result result{snapshot.chain_id.to_string()};
    if (!touches_etc) views.same_users(stack_of(parent), stack_of(result));
    return result;
  }

  /// What the mounts of a RUN read of its input `input`, as a COPY would name it.
  static graph::Copy mounted_files(const graph::Exec& op, std::size_t input) {
    graph::Copy files;
    for (const graph::ExecMount& mount : op.mounts) {
      if (mount.input == static_cast<int>(input)) files.sources.push_back(mount.source);
    }
    return files;
  }

  /// Identity of a stage, an image or a context that a RUN mounts. Of a stage only what is mounted
  /// counts; of an image all, since its layers need not be here to be known.
  std::optional<std::string> mounted_identity(const graph::Vertex& vertex,
                                              const graph::Exec& op,
                                              std::size_t input,
                                              const Result& result) {
    graph::Copy files = mounted_files(op, input);
    if (const auto* source = context_input(vertex, input)) {
      OpenContext& opened = contexts.open(source->name);
      const Selection selection = select(for_mount(opened.tree()), files, cancel);
      return digest_of(selection, {.remembered = opened.remembered()}, cancel).to_string();
    }
    const bool is_image =
        std::holds_alternative<graph::ImageSource>(graph[vertex.inputs[input]].op);
    if (is_image || result.id.empty() || std::ranges::count(files.sources, "/") != 0) {
      return result.id;
    }
    files.from_context = false;
    return content_identity(files, result, Sources::names);
  }

  MountSource mount_source(const graph::Vertex& vertex,
                           const graph::ExecMount& mount,
                           std::span<const Result> inputs,
                           const CancelToken& stop) {
    MountSource source;
    if (mount.input < 0) return source;
    const auto input = static_cast<std::size_t>(mount.input);
    const bool is_cache = mount.type == graph::ExecMount::Type::cache;
    if (const auto* of = context_input(vertex, input)) {
      const OpenContext& opened = contexts.open(of->name);
      if (!is_cache && mount.read_only) {
        source.in_place = open_if_plain(opened.reopened_tree(), mount.source);
      }
      source.identity = "context:" + of->name;
      source.fill = [this, &mount, &opened](const Fd& into) {
        copy_for_mount({for_mount(opened.tree()), mount.source, /*keep_owners=*/false}, into,
                       cancel);
      };
      return source;
    }
    images.make_available(inputs[input], stop);
    source.stack = stack_of(inputs[input]);
    source.identity = inputs[input].id;
    source.fill = [this, &mount, from = inputs[input]](const Fd& into) {
      FileTree tree = mounted_stage_tree(views.open(stack_of(from)));
      copy_for_mount({std::move(tree), mount.source, /*keep_owners=*/true}, into, cancel);
    };
    return source;
  }

  Result run_exec(const graph::Vertex& vertex,
                  const graph::Exec& op,
                  std::span<const Result> inputs,
                  const solver::RunContext& context) {
    const Result& parent = inputs[0];
    if (parent.id.empty()) {
      throw Error(ErrorKind::build,
                  "there is nothing to run in an empty file system (FROM scratch)");
    }
    images.make_available(parent, context.cancel);
    const image::Identity identity = blaming(
        op.user, [&] { return image::identity_of(op.user, *views.users(stack_of(parent))); });
    std::vector<MountSource> sources;
    for (const graph::ExecMount& mount : op.mounts)
      sources.push_back(mount_source(vertex, mount, inputs, context.cancel));
    ExecMounts mounts(store, {options.run, agents}, context.cancel);
    mounts.add(op.mounts, sources);
    store::ActiveSnapshot active = store.snapshots().prepare(stack_of(parent));
    ops::run_exec({op, vertex.platform, identity, options.run, mounts}, active, context);
    if (!list_directory(active.upper().get()).empty()) {
      layer::drop_unchanged(active.upper(), views.open(stack_of(parent)));
    }
    return commit(vertex, std::move(active), parent);
  }

  Result run_make_directory(const graph::Vertex& vertex,
                            const graph::MakeDirectory& op,
                            const Result& parent,
                            const solver::RunContext& context) {
    images.make_available(parent, context.cancel);
    store::ActiveSnapshot active = store.snapshots().prepare(stack_of(parent));
    const Fd view = views.open(stack_of(parent));
    Upper upper(active.upper(), view);
    const std::string path = upper.resolve(op.path);
    const auto existing = upper.find(path);
    if (existing && !S_ISDIR(existing->st_mode)) {
      throw Error(ErrorKind::build, "{} is there already and is no directory", op.path);
    }
    if (!existing) {
      const image::Ids owner = blaming(
          op.user, [&] { return image::owner_of(op.user, *views.users(stack_of(parent))); });
      upper.make_directory(path, {owner, 0755});
    }
    return commit(vertex, std::move(active), parent);
  }

  Result run_copy(VertexId vertex_id,
                  const graph::Copy& op,
                  std::span<const Result> inputs,
                  const solver::RunContext& context) {
    const graph::Vertex& vertex = graph[vertex_id];
    const Result& parent = inputs[0];
    images.make_available(parent, context.cancel);
    std::vector<StagedTree> staged;
    Selection selection;
    for (std::size_t input = 1; input < inputs.size(); ++input) {
      selection.merge(select_input(vertex_id, op, input, inputs[input], context.cancel, staged));
    }

    store::ActiveSnapshot active = store.snapshots().prepare(stack_of(parent));
    const Fd view = views.open(op.link ? image::Stack() : stack_of(parent));
    Upper upper(active.upper(), view);
    const bool keep_owner = op.owner.empty() && !op.from_context;
    const image::Ids owner = op.owner.empty() ? image::Ids{} : blaming(op.owner, [&] {
      return image::owner_of(op.owner, *views.users(stack_of(parent)));
    });
    const CopyRequest request{
        op, selection, owner, keep_owner,
        [&](const Fd& archive, const std::string& name, const std::string& path) {
          unpack_archive(op, owner, active, archive, name, path);
        }};
    try {
      copy_files(request, upper, context.cancel);
    } catch (const InTheWay& error) {
      throw solver::WordError(op.destination, error);
    }
    return commit(vertex, std::move(active), parent);
  }

  Result rebase(const Result& parent, const Result& linked) const {
    if (parent.id.empty()) return linked;
    const auto layer = oci::Digest::parse(linked.id);
    return {store.snapshots().rebase(layer, oci::Digest::parse(parent.id)).chain_id.to_string()};
  }

  /// The word that input number `input` was named by.
  static std::string first_source(const graph::Copy& op, std::size_t input) {
    for (std::size_t i = 0; i < op.sources.size(); ++i)
      if (op.input_of(i) == input) return op.sources[i];
    return {};
  }

  /// Through the overlay, since an archive may go where the image has files already.
  void unpack_archive(const graph::Copy& op,
                      const image::Ids& owner,
                      const store::ActiveSnapshot& active,
                      const Fd& archive,
                      const std::string& name,
                      const std::string& path) {
    const bool onto_parent = active.parent() && !op.link;
    const Fd root = onto_parent ? sandbox::mount_detached(active.mount())
                                : Fd(::fcntl(active.upper().get(), F_DUPFD_CLOEXEC, 0));
    const Fd directory = open_in_root(root, path, O_RDONLY | O_DIRECTORY);
    FdSource bytes(duplicate(archive.get()), name);
    const auto tar = layer::decompress(bytes);
    layer::ApplyOptions apply_options;
    apply_options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
    apply_options.cancel = &cancel;
    apply_options.keep_root = true;
    if (!op.owner.empty()) apply_options.owner = layer::ApplyOptions::Owner{owner.uid, owner.gid};
    with_context("unpack " + name, [&] { layer::apply(*tar, directory, apply_options); });
  }

  const graph::Graph& graph;
  Options options;
  store::Store& store;
  solver::Steps& steps;
  const CancelToken& cancel;
  image::RootViews views;
  BaseImages images;
  SshAgents agents;
  Contexts contexts;
  RemoteSources remotes;
  std::atomic<bool> prepared{false};
  std::mutex mutex;
  std::map<VertexId, Selection> selections;  ///< of the step looked at last
};

Worker::Worker(const graph::Graph& graph,
               Options options,
               store::Store& store,
               registry::Registry& registry,
               solver::Steps& steps,
               const CancelToken& cancel)
    : impl_(std::make_unique<Impl>(graph, std::move(options), store, registry, steps, cancel)) {}

Worker::~Worker() = default;

solver::Result Worker::identify(graph::VertexId vertex) {
  const graph::Op& op = impl_->graph[vertex].op;
  if (const auto* image = std::get_if<graph::ImageSource>(&op))
    return impl_->images.identify(vertex, *image);
  if (const auto* context = std::get_if<graph::ContextSource>(&op))
    return {"context:" + context->name};
  return impl_->remotes.identify(vertex);
}

std::optional<std::string> Worker::input_identity(graph::VertexId vertex_id,
                                                  std::size_t input,
                                                  const Result& result) {
  const graph::Vertex& vertex = impl_->graph[vertex_id];
  if (input == 0) return result.id;
  const auto* context = impl_->context_input(vertex, input);
  if (const auto* exec = std::get_if<graph::Exec>(&vertex.op)) {
    return impl_->mounted_identity(vertex, *exec, input, result);
  }
  const auto* copy = std::get_if<graph::Copy>(&vertex.op);
  if (copy == nullptr) return result.id;
  if (context != nullptr) return impl_->context_identity(*copy, context->name, input, vertex_id);
  const VertexId source = vertex.inputs[input];
  if (impl_->remotes.has(source)) return impl_->remotes.identity(source, result);
  return impl_->content_identity(*copy, result);
}

std::vector<solver::VertexError> Worker::missing_sources(std::span<const VertexId> vertices) {
  return impl_->missing_sources(vertices);
}

bool Worker::may_change_while_running(VertexId vertex) const {
  // A COPY reads each file once; what a RUN mounts may be edited meanwhile.
  return std::holds_alternative<graph::Exec>(impl_->graph[vertex].op);
}

void Worker::before_first_run(std::span<const VertexId> pending) {
  // Fail before the first step runs if a COPY source is missing.
  if (const auto missing = missing_sources(pending); !missing.empty()) throw missing.front();
  if (impl_->options.before_first_run) impl_->options.before_first_run(pending);
  impl_->prepared = true;
}

solver::Result Worker::run(graph::VertexId vertex_id,
                           std::span<const Result> inputs,
                           const solver::RunContext& context) {
  const graph::Vertex& vertex = impl_->graph[vertex_id];
  return std::visit(
      overloaded{
          [&](const graph::Exec& op) { return impl_->run_exec(vertex, op, inputs, context); },
          [&](const graph::Copy& op) { return impl_->run_copy(vertex_id, op, inputs, context); },
          [&](const graph::MakeDirectory& op) {
            return impl_->run_make_directory(vertex, op, inputs[0], context);
          },
          [&](const graph::Rebase&) { return impl_->rebase(inputs[0], inputs[1]); },
          [](const graph::ImageSource&) -> Result { throw Error("a source is not run"); },
          [](const graph::ContextSource&) -> Result { throw Error("a source is not run"); },
          [](const graph::HttpSource&) -> Result { throw Error("a source is not run"); },
          [](const graph::GitSource&) -> Result { throw Error("a source is not run"); },
      },
      vertex.op);
}

void Worker::complete(const solver::Result& result) {
  if (impl_->images.is_available(result)) return;
  if (!impl_->prepared) before_first_run({});
  impl_->images.make_available(result, impl_->cancel);
}

void Worker::save_file_digests() noexcept {
  try {
    impl_->contexts.save_digests();
  } catch (const std::exception& error) {
    log_debug("digests of context files are not remembered: {}", error.what());
  }
}

}  // namespace cbuild::ops
