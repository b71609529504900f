// The session of one command; see session.h.
#include "src/cli/session.h"

#include <fmt/core.h>
#include <unistd.h>

#include "cbuild/image/services.h"
#include "cbuild/image/working_namespace.h"
#include "cbuild/registry/options.h"
#include "cbuild/registry/registry.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/store.h"
#include "cbuild/util/log.h"
#include "cbuild/util/progress.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/own_layer.h"
#include "src/cli/progress_plain.h"
#include "src/cli/progress_quiet.h"
#include "src/cli/progress_rawjson.h"
#include "src/cli/progress_tty.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  return clean_path(current_directory(), path);
}

}  // namespace

void declare_globals(Args& args, Globals& globals) {
  args.group("Global options");
  args.flag("-q,--quiet", globals.quiet, "Print results only: no progress, IDs instead of tables");
  args.option("--root", globals.root, "DIR",
              "Directory of the store (default: $CBUILD_ROOT, else ~/.local/share/cbuild)");
  args.choice(
      "--isolation", globals.isolation, {"auto", "namespaces", "chroot", "none"},
      "How RUN steps are kept from this machine (auto: $CBUILD_ISOLATION, else what works)");
  args.choice("--color", globals.color, {"auto", "always", "never"},
              "Colours in messages; auto respects NO_COLOR");
  args.choice("--log-level", globals.log_level, {"error", "warning", "info", "debug"},
              "Lowest level of the log messages on stderr");
}

std::string default_root(const EnvironmentLookup& environment, bool superuser) {
  const auto set = [&](const char* name) {
    auto value = environment(name);
    if (value && value->empty()) value.reset();
    return value;
  };
  if (const auto root = set("CBUILD_ROOT")) return *root;
  if (superuser) return "/var/lib/cbuild";
  // The XDG specification: relative paths are invalid and to be ignored.
  if (const auto data = set("XDG_DATA_HOME"); data && data->starts_with('/')) {
    return *data + "/cbuild";
  }
  if (const auto home = set("HOME")) return *home + "/.local/share/cbuild";
  Error error(ErrorKind::usage,
              "the directory of the store is unknown: neither CBUILD_ROOT nor HOME is set");
  error.with_hint("give it with --root DIR");
  throw error;
}

std::optional<sandbox::Isolation> wanted_isolation(const std::string& option,
                                                   const EnvironmentLookup& environment) {
  const bool is_given = option != "auto";
  const std::string word = is_given ? option : environment("CBUILD_ISOLATION").value_or("");
  const auto isolation = sandbox::parse_isolation(word);
  if (isolation || word.empty() || word == "auto") return isolation;
  throw Error(ErrorKind::usage,
              "CBUILD_ISOLATION is '{}': it must be auto, namespaces, chroot or none",
              printable(word))
      .with_subject(word);
}

bool use_color(const std::string& choice, const EnvironmentLookup& environment, bool terminal) {
  if (choice != "auto") return choice == "always";
  const auto no_color = environment("NO_COLOR");
  const auto term = environment("TERM");
  return terminal && (!no_color || no_color->empty()) && term && *term != "dumb";
}

Session::Session(const Globals& globals, CancelToken& cancel)
    : globals_(globals),
      cancel_(cancel),
      superuser_(::geteuid() == 0),
      workspace_(std::make_unique<sandbox::Workspace>(
          cancel,
          sandbox::IsolationRequest{
              .wanted = wanted_isolation(globals.isolation, process_environment),
              .environment = process_environment})) {}

Session::~Session() = default;

std::string Session::store_root() const {
  return absolute(globals_.root.empty() ? default_root(process_environment, superuser_)
                                        : globals_.root);
}

store::Store& Session::store() {
  if (!store_) store_ = std::make_unique<store::Store>(store_root(), &cancel_);
  return *store_;
}

store::Store* Session::existing_store() {
  try {
    return store::Store::exists(store_root()) ? &store() : nullptr;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error&) {
    return nullptr;
  }
}

registry::Registry& Session::registry() {
  if (!registry_) {
    registry::Options options;
    options.credentials = registry::CredentialPaths::from_environment();
    // Displays come and go between requests only, so that their threads do not race for it.
    options.announce = [this](std::string_view text) {
      if (const auto display = display_.lock()) {
        display->message(text);
      } else {
        log_warning("{}", text);
      }
    };
    registry_ = std::make_unique<registry::Registry>(std::move(options), cancel_);
  }
  return *registry_;
}

image::Services Session::services(Progress& progress) {
  return {store(), registry(), progress, cancel_, *workspace_};
}

bool Session::color_on_stderr() const {
  return use_color(globals_.color, process_environment, ::isatty(STDERR_FILENO) == 1);
}

std::shared_ptr<Progress> Session::make_progress(ProgressStyle style, std::string title) {
  auto display = new_display(style, std::move(title));
  display_ = display;
  return display;
}

std::shared_ptr<Progress> Session::new_display(ProgressStyle style, std::string title) const {
  if (globals_.quiet && style != ProgressStyle::raw_json) style = ProgressStyle::quiet;
  const bool terminal = is_smart_terminal(STDERR_FILENO, process_environment("TERM"));
  if (style == ProgressStyle::automatic) {
    style = terminal ? ProgressStyle::tty : ProgressStyle::plain;
  }
  const DisplayOutput output{write_to_stderr, monotonic_seconds};
  switch (style) {
    case ProgressStyle::raw_json:
      return std::make_shared<RawJsonProgress>(write_to_stderr, wall_clock);
    case ProgressStyle::quiet:
      return std::make_shared<QuietProgress>(output);
    case ProgressStyle::tty:
      if (terminal) {
        return std::make_shared<TtyProgress>(
            output, TtyOptions{.screen_size = stderr_size,
                               .color = color_on_stderr(),
                               .unicode = is_utf8_locale(process_environment),
                               .title = std::move(title)});
      }
      break;
    case ProgressStyle::plain:
    case ProgressStyle::automatic:
      break;
  }
  return std::make_shared<PlainProgress>(output);
}

void Session::enter_namespace(Progress* progress) {
  image::enter_working_namespace(*workspace_, store(), progress);
}

void Session::enter_namespace_to_read(const store::Image& image, Progress* progress) {
  if (has_own_layer(store(), image)) enter_namespace(progress);
}

}  // namespace cbuild::cli
