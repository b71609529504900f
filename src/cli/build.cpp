// cbuild build: build an image from a Dockerfile.
#include "cbuild/build/build.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "cbuild/build/context.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/text.h"
#include "src/cli/build_input.h"
#include "src/cli/build_options.h"
#include "src/cli/command.h"
#include "src/cli/human.h"
#include "src/cli/image_facts.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

bool is_regular(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

/// A failed build must not leave the ID of an earlier one behind.
void remove_stale_id(const std::string& path) {
  if (!path.empty() && is_regular(path)) ::unlink(path.c_str());
}

void write_id(const std::string& path, const std::string& id) {
  struct stat status = {};
  const bool special = ::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (!special) return write_file_atomically(path, id);
  const Fd fd = open_file(path, O_WRONLY);  // a pipe, /dev/stdout, a link
  write_all(fd.get(), as_bytes(id), path);
}

void show_warnings(const build::Request& request, const build::Result& result) {
  for (const frontend::Warning& warning : result.warnings) {
    warn(fmt::format("{}:{}: {} ({})", request.dockerfile_name, warning.range.line, warning.message,
                     warning.rule));
  }
}

class Build final : public Command {
 public:
  void declare(Args& args) override { declare_build(args, options_); }

  int run(Session& session) override;

 private:
  build::Request request(Session& session) const;
  void read_files(build::Request& request, const ContextAccess& access) const;
  void report(Session& session, const build::Request& request, const build::Result& result) const;

  BuildOptions options_;
  double begun_ = monotonic_seconds();
};

void Build::read_files(build::Request& request, const ContextAccess& access) const {
  FdSource input(duplicate_of_stdin(), "standard input");
  BuildInput files = read_build_input(options_.context, options_.file, input, access);
  request.context_directory = std::move(files.context_directory);
  request.context_holder = std::move(files.holder);
  request.dockerfile = std::move(files.dockerfile);
  request.dockerfile_name = std::move(files.dockerfile_name);
  request.ignore_file = std::move(files.ignore_file);
  request.ignore_file_name = std::move(files.ignore_file_name);
  if (!wants_time_of_context(request, process_environment)) return;
  if (!files.time) {
    throw Error(ErrorKind::usage,
                "SOURCE_DATE_EPOCH=context: only a context from a git repository or a URL has a "
                "time");
  }
  request.source_date_epoch = *files.time;
  request.build_args["SOURCE_DATE_EPOCH"] = std::to_string(*files.time);
}

build::Request Build::request(Session& session) const {
  build::Request request = make_request(options_, process_environment, current_directory());
  const auto to_stdout = [](const exporter::Output& output) { return output.destination == "-"; };
  if (std::ranges::any_of(request.outputs, to_stdout) && ::isatty(STDOUT_FILENO) == 1) {
    throw Error(ErrorKind::usage, "an archive is not written to a terminal: give a dest=PATH");
  }
  const auto with_loader = [&](const auto& action) {
    const auto progress = session.make_progress(progress_style(options_.progress), "Loading");
    const build::Environment environment{session.store(), session.registry(), *progress,
                                         session.cancel()};
    build::LoadedContext loaded = action(build::ContextLoader(request, environment));
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
  if (session.globals().quiet) {
    const bool taken = std::ranges::any_of(request.outputs, to_stdout);
    if (!taken) write_result(result.image_id.to_string() + "\n");
    return;
  }
  if (options_.progress == "quiet") return;
  show_warnings(request, result);
  const store::Image image{result.image_id, result.manifest, 0, {}};
  const ImageFacts facts = read_facts(session.store(), image);
  std::string names;
  for (const oci::Reference& tag : request.tags)
    names += tag.familiar() + " ";
  write_to_stderr(printable_lines(fmt::format(
      "Built {}{}, {} in {} layers, {}", names, result.image_id.to_string(), human_size(facts.size),
      facts.layer_sizes.size(), human_seconds(monotonic_seconds() - begun_))));
}

int Build::run(Session& session) {
  const build::Request wanted = request(session);
  remove_stale_id(options_.iidfile);
  build::Result result;
  {
    const auto progress = session.make_progress(progress_style(options_.progress), "Building");
    result =
        build::build(wanted, {session.store(), session.registry(), *progress, session.cancel()});
    progress->suspend_threads();
  }
  if (!options_.iidfile.empty()) write_id(options_.iidfile, result.image_id.to_string());
  report(session, wanted, result);
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_build() {
  return std::make_unique<Build>();
}

}  // namespace cbuild::cli
