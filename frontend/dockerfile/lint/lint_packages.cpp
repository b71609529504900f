// Rules about package managers: files they leave in a layer, and sharing of their caches.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/paths.h"
#include "frontend/dockerfile/lint/removed_paths.h"
#include "frontend/dockerfile/lint/stage_view.h"

namespace cbuild::frontend {

namespace {

using Names = std::span<const std::string_view>;

/// A family of package managers. Verbs are looked for by name: the values of options come first.
struct Manager {
  Names programs;
  Names leaving;    ///< verbs that fetch lists
  Names clearing;   ///< verbs that remove them
  Names clears;     ///< what must stand beside a clearing verb; empty = nothing
  Names others;     ///< verbs that do neither
  Names harmless;   ///< options with which nothing is left
  Names elsewhere;  ///< beginnings of options that put them into another place
  Names places;     ///< where they are
  std::string_view advice;
};

constexpr auto kAptPrograms = std::to_array<std::string_view>({"apt-get", "apt", "aptitude"});
constexpr auto kAptLeaving = std::to_array<std::string_view>({"update"});
constexpr auto kAptClearing = std::to_array<std::string_view>({"dist-clean", "distclean"});
constexpr auto kAptOthers = std::to_array<std::string_view>(
    {"install",  "reinstall",    "remove",       "purge",        "autoremove", "autopurge",
     "upgrade",  "dist-upgrade", "full-upgrade", "safe-upgrade", "clean",      "autoclean",
     "download", "source",       "build-dep",    "check",        "changelog",  "list",
     "search",   "show",         "satisfy"});
constexpr auto kAptElsewhere = std::to_array<std::string_view>({"Dir::State", "-oDir::State"});
constexpr auto kAptPlaces = std::to_array<std::string_view>({"/var/lib/apt/lists"});

constexpr auto kApkPrograms = std::to_array<std::string_view>({"apk"});
constexpr auto kApkLeaving = std::to_array<std::string_view>({"add", "update", "upgrade"});
constexpr auto kApkOthers = std::to_array<std::string_view>(
    {"del", "fix", "info", "list", "search", "fetch", "cache", "policy", "version", "audit",
     "verify", "stats", "index", "manifest", "dot", "extract", "query"});
constexpr auto kApkHarmless = std::to_array<std::string_view>({"--no-cache", "--no-network"});
constexpr auto kApkElsewhere = std::to_array<std::string_view>({"-p", "--root", "--cache-dir"});
constexpr auto kApkPlaces = std::to_array<std::string_view>({"/var/cache/apk", "/etc/apk/cache"});

constexpr auto kDnfPrograms =
    std::to_array<std::string_view>({"yum", "dnf", "dnf5", "microdnf", "tdnf"});
constexpr auto kDnfLeaving = std::to_array<std::string_view>(
    {"install", "update", "upgrade", "groupinstall", "localinstall", "reinstall", "makecache"});
constexpr auto kDnfClearing = std::to_array<std::string_view>({"clean"});
constexpr auto kDnfClears = std::to_array<std::string_view>({"all", "metadata", "dbcache"});
constexpr auto kDnfOthers = std::to_array<std::string_view>(
    {"remove",    "erase",       "autoremove", "info",         "list",     "search",
     "provides",  "repolist",    "module",     "group",        "groups",   "config-manager",
     "copr",      "versionlock", "download",   "check-update", "builddep", "swap",
     "downgrade", "distro-sync", "repoquery",  "mark",         "history"});
constexpr auto kDnfHarmless = std::to_array<std::string_view>({"-C", "--cacheonly"});
constexpr auto kDnfElsewhere = std::to_array<std::string_view>({"--installroot"});
constexpr auto kDnfPlaces = std::to_array<std::string_view>(
    {"/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/tdnf"});

constexpr auto kZypperPrograms = std::to_array<std::string_view>({"zypper"});
constexpr auto kZypperLeaving = std::to_array<std::string_view>(
    {"install", "in", "refresh", "ref", "update", "up", "dist-upgrade", "dup", "patch"});
constexpr auto kZypperClearing = std::to_array<std::string_view>({"clean", "cc"});
constexpr auto kZypperClears = std::to_array<std::string_view>({"-a", "--all", "-m", "--metadata"});
constexpr auto kZypperOthers = std::to_array<std::string_view>(
    {"remove", "rm", "addrepo", "ar", "removerepo", "rr", "modifyrepo", "mr", "search", "se",
     "info", "if", "verify", "ve", "addlock", "al", "lr", "repos"});
constexpr auto kZypperHarmless = std::to_array<std::string_view>({"--no-refresh"});
constexpr auto kZypperElsewhere =
    std::to_array<std::string_view>({"-R", "--root", "--installroot"});
constexpr auto kZypperPlaces = std::to_array<std::string_view>({"/var/cache/zypp"});

constexpr std::array kManagers = {
    Manager{.programs = kAptPrograms,
            .leaving = kAptLeaving,
            .clearing = kAptClearing,
            .clears = {},
            .others = kAptOthers,
            .harmless = {},
            .elsewhere = kAptElsewhere,
            .places = kAptPlaces,
            .advice = "end the same RUN with rm -rf /var/lib/apt/lists/*, or mount a cache at "
                      "/var/lib/apt"},
    Manager{.programs = kApkPrograms,
            .leaving = kApkLeaving,
            .clearing = {},
            .clears = {},
            .others = kApkOthers,
            .harmless = kApkHarmless,
            .elsewhere = kApkElsewhere,
            .places = kApkPlaces,
            .advice = "write apk add --no-cache, or mount a cache at /var/cache/apk"},
    Manager{.programs = kDnfPrograms,
            .leaving = kDnfLeaving,
            .clearing = kDnfClearing,
            .clears = kDnfClears,
            .others = kDnfOthers,
            .harmless = kDnfHarmless,
            .elsewhere = kDnfElsewhere,
            .places = kDnfPlaces,
            .advice = "end the same RUN with dnf clean all, or mount a cache at /var/cache/dnf"},
    Manager{.programs = kZypperPrograms,
            .leaving = kZypperLeaving,
            .clearing = kZypperClearing,
            .clears = kZypperClears,
            .others = kZypperOthers,
            .harmless = kZypperHarmless,
            .elsewhere = kZypperElsewhere,
            .places = kZypperPlaces,
            .advice = "end the same RUN with zypper clean --all, or mount a cache at "
                      "/var/cache/zypp"},
};

bool is_one_of(std::string_view name, Names names) {
  return std::ranges::find(names, name) != names.end();
}

/// The verb of a command of the manager; empty = it has none.
std::string_view verb_of(const Manager& manager, const ShellCommand& command) {
  for (std::size_t i = 1; i < command.size(); ++i) {
    for (const Names names : {manager.leaving, manager.clearing, manager.others})
      if (is_one_of(command[i], names)) return command[i];
  }
  return {};
}

/// A variable of options that is not known: "$APK_FLAGS".
bool may_be_options(const std::string& word) {
  if (!word.starts_with('$')) return false;
  const std::string name = to_upper(word);
  return name.find("OPT") != name.npos || name.find("FLAG") != name.npos ||
         name.find("ARGS") != name.npos;
}

bool leaves_lists(const Manager& manager, const ShellCommand& command) {
  if (!is_one_of(program_of(command), manager.programs)) return false;
  if (!is_one_of(verb_of(manager, command), manager.leaving)) return false;
  return std::ranges::none_of(command, [&](const std::string& word) {
    const auto begins = [&](std::string_view option) { return word.starts_with(option); };
    return is_one_of(word, manager.harmless) || may_be_options(word) ||
           std::ranges::any_of(manager.elsewhere, begins);
  });
}

bool clears_lists(const Manager& manager, const ShellCommand& command) {
  if (!is_one_of(program_of(command), manager.programs)) return false;
  if (!is_one_of(verb_of(manager, command), manager.clearing)) return false;
  return manager.clears.empty() || std::ranges::any_of(command, [&](const std::string& word) {
           return is_one_of(word, manager.clears);
         });
}

/// The first of `commands` removes the lists, with the second when it is one of find and xargs.
bool clears_lists(const Manager& manager, std::span<const ScriptCommand> commands) {
  if (clears_lists(manager, commands.front().words)) return true;
  const RemovedPaths removed(commands.first(std::min<std::size_t>(2, commands.size())));
  return std::ranges::any_of(manager.places,
                             [&](std::string_view place) { return removed.empty_out(place); });
}

/// Files written to one of the places end up in a mount.
bool is_mounted(const Manager& manager, const ast::Run& run, const StageView& view) {
  return std::ranges::any_of(run.mounts, [&](const ast::RunMount& mount) {
    if (!mount.target) return false;
    const std::string target = absolute_path("/", view.value(*mount.target));
    return target != "/" && std::ranges::any_of(manager.places, [&](std::string_view place) {
             return is_within(place, target);
           });
  });
}

/// A function may be called after what stands behind it.
bool has_functions(std::span<const ScriptCommand> commands) {
  for (std::size_t i = 0; i + 1 < commands.size(); ++i) {
    if (commands[i].words.front() == "function") return true;
    if (commands[i].words.front() == "(" && commands[i + 1].words.front() == ")") return true;
  }
  return false;
}

/// The first command whose lists are still there when the step ends; nullptr when there is none.
const ScriptCommand* find_leaving(const Manager& manager, std::span<const ScriptCommand> commands) {
  const auto leaves = [&](const ScriptCommand& command) {
    return leaves_lists(manager, command.words);
  };
  if (std::ranges::none_of(commands, leaves)) return nullptr;
  const ScriptCommand* found = nullptr;
  bool cleared = false;
  for (std::size_t i = commands.size(); i-- > 0;) {
    cleared = cleared || clears_lists(manager, commands.subspan(i));
    if (!cleared && leaves(commands[i])) found = &commands[i];
  }
  return cleared && has_functions(commands) ? nullptr : found;
}

void check_run(const StageView& view,
               const ast::Run& run,
               std::span<const ScriptCommand> commands,
               Findings& findings) {
  for (const Manager& manager : kManagers) {
    if (is_mounted(manager, run, view)) continue;
    const ScriptCommand* command = find_leaving(manager, commands);
    if (command == nullptr) continue;
    findings.add(
        RuleId::package_lists_in_layer, run.command.range,
        fmt::format("{} {} leaves lists of packages in the layer: {}", program_of(command->words),
                    verb_of(manager, command->words), manager.advice));
  }
}

/// apt, or what hands words to it.
bool runs_apt(const ScriptCommand& script) {
  const ShellCommand& command = script.words;
  const auto is_apt = [](std::string_view word) {
    return is_one_of(last_part(word), kAptPrograms);
  };
  if (program_of(command) != "xargs") return is_apt(command.front());
  return std::ranges::any_of(command, is_apt);
}

}  // namespace

void check_package_lists(const StageView& view, Findings& findings) {
  if (!view.in_image) return;  // of another stage only files are taken
  for (const auto& [run, commands] : view.scripts)
    check_run(view, *run, commands, findings);
}

void check_cache_mounts(const StageView& view, Findings& findings) {
  for (const auto& [run, commands] : view.scripts) {
    if (run->mounts.empty() || std::ranges::none_of(commands, runs_apt)) continue;
    for (const ast::RunMount& mount : run->mounts) {
      if (mount.type != graph::ExecMount::Type::cache || !mount.target) continue;
      const std::string target = absolute_path("/", view.value(*mount.target));
      const std::string sharing = mount.sharing ? view.value(*mount.sharing) : "shared";
      const bool is_apt = is_within(target, "/var/cache/apt") || is_within(target, "/var/lib/apt");
      if (!is_apt || sharing != "shared") continue;
      findings.add(RuleId::cache_mount_sharing, mount.text.range,
                   fmt::format("apt needs exclusive access to {}: write sharing=locked, or two "
                               "builds at the same time fail",
                               target));
    }
  }
}

}  // namespace cbuild::frontend
