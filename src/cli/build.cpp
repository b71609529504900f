// cbuild build: build an image from a Dockerfile.
#include "cbuild/build/build.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "cbuild/build/context.h"
#include "cbuild/build/request.h"
#include "cbuild/graph/diagnostic.h"
#include "cbuild/image/facts.h"
#include "cbuild/image/services.h"
#include "cbuild/registry/credential_files.h"
#include "cbuild/store/images.h"
#include "cbuild/store/store.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/progress.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/build_call.h"
#include "src/cli/build_input.h"
#include "src/cli/build_options.h"
#include "src/cli/command.h"
#include "src/cli/findings_text.h"
#include "src/cli/human.h"
#include "src/cli/metadata_file.h"
#include "src/cli/result_options.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

bool is_regular(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

/// A failed build must not leave what an earlier one wrote behind.
void remove_stale(const std::string& path) {
  if (!path.empty() && is_regular(path)) ::unlink(path.c_str());
}

void write_text(const std::string& path, const std::string& text) {
  struct stat status = {};
  const bool special = ::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (!special) return write_file_atomically(path, text);
  const Fd fd = open_file(path, O_WRONLY);  // a pipe, /dev/stdout, a link
  SharedSink(fd.get(), path).write(as_bytes(text));
}

class Build final : public Command {
 public:
  void declare(Args& args) override { declare_build(args, options_); }

  int run(Session& session) override;

 private:
  build::Request request(Session& session) const;
  void read_files(build::Request& request, const ContextAccess& access) const;
  build::Result build_image(Session& session, const build::Request& wanted) const;
  void report(Session& session, const build::Request& request, const build::Result& result) const;

  BuildOptions options_;
  double begun_ = monotonic_seconds();
};

/// A build does without them.
std::map<std::string, std::string> docker_proxies() {
  try {
    return registry::configured_proxies(registry::CredentialPaths::from_environment());
  } catch (const Error& error) {
    log_warning("RUN steps get no proxy settings: {}", printable(error.what()));
    return {};
  }
}

void Build::read_files(build::Request& request, const ContextAccess& access) const {
  SharedSource input(duplicate_of_stdin(), "standard input");
  BuildInput files =
      read_build_input({options_.context, options_.file, options_.ignore_file}, input, access);
  request.context_directory = std::move(files.context_directory);
  request.context_holder = std::move(files.holder);
  request.dockerfile = std::move(files.dockerfile);
  request.dockerfile_name = std::move(files.dockerfile_name);
  request.ignore_file = std::move(files.ignore_file);
  request.ignore_file_name = std::move(files.ignore_file_name);
  if (!wants_time_of_context(request)) return;
  request.build_args.erase("SOURCE_DATE_EPOCH");
  if (!files.time) return;  // a directory has none: as if it was not asked for
  request.source_date_epoch = *files.time;
  request.build_args["SOURCE_DATE_EPOCH"] = std::to_string(*files.time);
}

build::Request Build::request(Session& session) const {
  build::Request request = make_request(options_, process_environment, current_directory());
  request.run.proxies = docker_proxies();
  const auto to_stdout = [](const exporter::Output& output) { return output.destination == "-"; };
  if (std::ranges::any_of(request.outputs, to_stdout) && ::isatty(STDOUT_FILENO) == 1) {
    throw Error(ErrorKind::usage, "cannot write an archive to a terminal: give a dest=PATH");
  }
  const auto with_loader = [&](const auto& action) {
    const auto progress = session.make_progress(progress_style(options_.progress), "Loading");
    const image::Services services = session.services(*progress);
    build::LoadedContext loaded = action(build::ContextLoader(request, services));
    progress->suspend_threads();
    return loaded;
  };
  const auto load = [&](const std::string& url) {
    return with_loader([&](build::ContextLoader loader) { return loader.load(url); });
  };
  const auto unpack = [&](Source& archive) {
    return with_loader(
        [&](build::ContextLoader loader) { return loader.unpack(archive, "standard input"); });
  };
  read_files(request, {load, unpack});
  return request;
}

void Build::report(Session& session,
                   const build::Request& request,
                   const build::Result& result) const {
  const auto to_stdout = [](const exporter::Output& output) { return output.destination == "-"; };
  if (session.globals().quiet || options_.progress == "quiet") {
    const bool taken = std::ranges::any_of(request.outputs, to_stdout);
    if (!taken) write_result(result.image_id.to_string() + "\n");
    return;
  }
  if (options_.progress == "none" || options_.progress == "rawjson") return;
  store::Image image;
  image.id = result.image_id;
  image.manifest = result.manifest;
  const image::Facts facts = image::read_facts(session.store(), image);
  std::string names;
  for (const oci::Reference& tag : request.tags)
    names += tag.familiar() + " ";
  const std::string platforms =
      facts.platforms.empty() ? ""
                              : fmt::format(" for {}", join(image::platform_names(facts), ", "));
  write_to_stderr(printable(fmt::format(
                      "Built {}{}{}, {} in {}, {}", names, result.image_id.to_string(), platforms,
                      human_size(facts.size), counted(facts.layer_sizes.size(), "layer"),
                      human_seconds(monotonic_seconds() - begun_))) +
                  "\n");
  for (const build::Pushed& pushed : result.pushed) {
    write_to_stderr(printable(fmt::format("Pushed {}@{}", pushed.name.familiar(),
                                          pushed.image.digest.to_string())) +
                    "\n");
  }
}

build::Result Build::build_image(Session& session, const build::Request& wanted) const {
  const auto progress = session.make_progress(progress_style(options_.progress), "Building");
  build::Result result = build::build(wanted, session.services(*progress));
  progress->suspend_threads();
  return result;
}

int Build::run(Session& session) {
  const BuildCall call = read_call(options_);
  build::Request wanted = request(session);
  const bool quiet = session.globals().quiet;
  if (call.method != BuildCall::Method::build)
    return run_call(call, wanted, session.existing_store(), quiet);
  remove_stale(options_.iidfile);
  remove_stale(options_.metadata_file);
  std::vector<graph::Diagnostic> findings;
  wanted.on_findings = [&](const std::vector<graph::Diagnostic>& found) { findings = found; };
  const auto show_findings = [&] {
    const bool silent = quiet || options_.progress == "quiet" || options_.progress == "none" ||
                        options_.progress == "rawjson";
    if (!silent) write_to_stderr(warnings_text(findings, wanted));
  };
  build::Result result;
  try {
    result = build_image(session, wanted);
  } catch (const Error&) {
    show_findings();
    throw;
  }
  if (!options_.iidfile.empty()) write_text(options_.iidfile, result.image_id.to_string());
  if (!options_.metadata_file.empty()) {
    write_text(options_.metadata_file, metadata_json(wanted, result, session.store().blobs()));
  }
  show_findings();
  report(session, wanted, result);
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_build() {
  return std::make_unique<Build>();
}

}  // namespace cbuild::cli
