// The global options of a command, and its store, registry and display, opened on first use.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "src/cli/environment.h"

namespace cbuild {
class CancelToken;
class Progress;
}  // namespace cbuild

namespace cbuild::image {
struct Services;
}

namespace cbuild::registry {
class Registry;
}

namespace cbuild::sandbox {
enum class Isolation;
class Workspace;
}  // namespace cbuild::sandbox

namespace cbuild::store {
struct Image;
class Store;
}  // namespace cbuild::store

namespace cbuild::cli {

class Args;

struct Globals {
  std::string root;  ///< --root; empty = default_root()
  std::string isolation = "auto";
  std::string log_level = "warning";
  std::string color = "auto";
  bool quiet = false;
};

/// Every command takes these; they end the help of each.
void declare_globals(Args& args, Globals& globals);

/// Where the store is when --root does not say: CBUILD_ROOT; /var/lib/cbuild for root;
/// $XDG_DATA_HOME/cbuild, else ~/.local/share/cbuild. @throws Error(usage) when nothing tells.
std::string default_root(const EnvironmentLookup& environment, bool superuser);

/// --isolation, and CBUILD_ISOLATION where it is "auto". nullopt = what works.
/// @throws Error(usage) for a variable that is no isolation
std::optional<sandbox::Isolation> wanted_isolation(const std::string& option,
                                                   const EnvironmentLookup& environment);

/// --color and NO_COLOR (https://no-color.org) applied to a stream.
bool use_color(const std::string& choice, const EnvironmentLookup& environment, bool terminal);

enum class ProgressStyle { automatic, plain, tty, quiet, raw_json };

class Session {
 public:
  Session(const Globals& globals, CancelToken& cancel);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Globals& globals() const noexcept { return globals_; }

  CancelToken& cancel() noexcept { return cancel_; }

  /// Where the store is.
  std::string store_root() const;
  store::Store& store();
  /// The store for questions that can do without: null when there is none or it cannot be opened.
  store::Store* existing_store();
  registry::Registry& registry();

  /// All that images are worked on with, shown in `progress`.
  image::Services services(Progress& progress);

  /// A display on stderr; --quiet makes every style but raw_json quiet.
  /// @param title  what the live display is headed by
  std::shared_ptr<Progress> make_progress(ProgressStyle style, std::string title);

  bool color_on_stderr() const;

  /// What steps run in.
  sandbox::Workspace& workspace() noexcept { return *workspace_; }

  /// Makes this process root of a user namespace, for work on files of other ids in the store.
  void enter_namespace(Progress* progress = nullptr);
  /// The same, if a layer of `image` was made here and so must be read from its directory.
  void enter_namespace_to_read(const store::Image& image, Progress* progress = nullptr);

 private:
  std::shared_ptr<Progress> new_display(ProgressStyle style, std::string title) const;

  const Globals& globals_;
  CancelToken& cancel_;
  const bool superuser_;  // of the caller: in the user namespace every process is root
  std::unique_ptr<sandbox::Workspace> workspace_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<registry::Registry> registry_;
  std::weak_ptr<Progress> display_;  // the one that is seen now
};

}  // namespace cbuild::cli
