// Bringing contexts here; see context.h.
#include "cbuild/build/context.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cbuild/build/loaded_context.h"
#include "cbuild/build/request.h"
#include "cbuild/graph/op.h"
#include "cbuild/graph/remote.h"
#include "cbuild/image/services.h"
#include "cbuild/layer/apply.h"
#include "cbuild/layer/archive.h"
#include "cbuild/layer/compression.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/ops/git_commit.h"
#include "cbuild/ops/remote_file.h"
#include "cbuild/ops/remote_files.h"
#include "cbuild/ops/staged_tree.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/io.h"
#include "cbuild/util/progress.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"
#include "src/build/switches.h"

namespace cbuild::build {

namespace {

constexpr std::string_view kGithub = "github.com/";
constexpr std::uint64_t kMaxDockerfile = 16 << 20;

/// "github.com/owner/name#ref" is https://github.com/owner/name.git#ref.
std::string full_url(const std::string& context) {
  if (!context.starts_with(kGithub)) return context;
  const std::string_view address = UrlParts::cut(context).address;
  const std::string_view suffix = address.ends_with(".git") ? "" : ".git";
  return fmt::format("https://{}{}{}", address, suffix, context.substr(address.size()));
}

/// What the server says of it.
std::optional<std::int64_t> time_of(const ops::RemoteFile& file) {
  return file.modified != 0 ? std::optional(file.modified) : std::nullopt;
}

}  // namespace

bool ContextLoader::keeps_git_directory() const {
  return is_switched_on(request_.build_args, kKeepGitDirectory);
}

bool ContextLoader::is_remote(std::string_view context) {
  return context.starts_with(kGithub) || context.starts_with("git@") ||
         !UrlParts::cut(context).scheme.empty();
}

ops::RemoteFiles ContextLoader::remote_files() const {
  return {services_.store,
          services_.registry,
          {.lent = request_.run, .as_caller = true},
          services_.cancel};
}

LoadedContext ContextLoader::load_repository(graph::GitSource source, const std::string& url) {
  source.keep_git_directory = source.keep_git_directory || keeps_git_directory();
  auto files = remote_files();
  const ops::GitCommit commit = files.resolve(source);
  auto tree = std::make_shared<const ops::StagedTree>(files.stage(source, commit));
  const std::string inside = resolve_in_root(tree->root(), source.subdirectory);
  const auto directory = try_open_in_root(tree->root(), inside, O_RDONLY | O_DIRECTORY);

  struct stat status {};

  if (!directory || ::fstat(directory->get(), &status) != 0) {
    throw Error(ErrorKind::usage, "{}: the repository has no directory {}",
                printable(without_credentials(url)), printable(source.subdirectory));
  }
  const std::string path = tree->path() + (inside == "/" ? "" : inside);
  return {path, {}, status.st_mtim.tv_sec, std::move(tree)};
}

ops::RemoteFile ContextLoader::download(const std::string& url) {
  services_.progress.resume_threads();  // the network may keep us waiting
  const std::string shown = without_credentials(url);
  return with_step(services_.progress, "[internal] load remote build context " + shown,
                   [&](Progress::Step step) {
                     const auto report = [&](std::uint64_t done, std::uint64_t total) {
                       step.transfer("context", done, total);
                     };
                     return remote_files().fetch({url, std::nullopt}, report);
                   });
}

bool ContextLoader::is_archive(const ops::RemoteFile& file) {
  const auto content = services_.store.blobs().open(file.blob);
  return layer::begins_archive(layer::read_archive_head(*content));
}

LoadedContext ContextLoader::unpack_download(const ops::RemoteFile& file) {
  const auto content = services_.store.blobs().open(file.blob);
  LoadedContext context = unpack(*content, file.name);
  if (const auto time = time_of(file)) context.time = time;
  return context;
}

LoadedContext ContextLoader::load(const std::string& context) {
  const std::string url = full_url(context);
  if (auto source = graph::parse_git_source(url)) {
    services_.progress.resume_threads();
    const std::string shown = without_credentials(url);
    return with_step(services_.progress, "[internal] load git source " + shown,
                     [&](Progress::Step) { return load_repository(std::move(*source), url); });
  }
  if (!is_http_url(url)) {
    throw Error(ErrorKind::usage,
                "{}: a build context is a directory, -, or a URL of http, https, "
                "git or ssh",
                printable(url));
  }
  const ops::RemoteFile file = download(url);
  if (is_archive(file)) return unpack_download(file);
  const auto content = services_.store.blobs().open(file.blob);
  return {{}, read_all(*content, kMaxDockerfile), time_of(file), nullptr};
}

LoadedContext ContextLoader::load_directory(const std::string& context) {
  const std::string url = full_url(context);
  if (graph::parse_git_source(url) || !is_http_url(url)) return load(context);
  ops::RemoteFile file = download(url);
  if (is_archive(file)) return unpack_download(file);
  file.name = "context";  // as BuildKit has it
  auto tree = std::make_shared<const ops::StagedTree>(remote_files().stage(file));
  return {tree->path(), {}, time_of(file), std::move(tree)};
}

LoadedContext ContextLoader::unpack(Source& archive, const std::string& name) {
  auto tree =
      std::make_shared<const ops::StagedTree>(services_.store.snapshots().prepare(std::nullopt));
  layer::ApplyOptions options;
  options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
  options.owner = layer::ApplyOptions::Owner{::geteuid(), ::getegid()};
  options.devices = false;
  options.cancel = &services_.cancel;
  const std::int64_t newest = with_context("unpack " + name, [&] {
    const auto tar = layer::decompress(archive);
    return layer::apply(*tar, tree->root(), options).newest;
  });
  return {tree->path(), {}, newest, std::move(tree)};
}

}  // namespace cbuild::build
