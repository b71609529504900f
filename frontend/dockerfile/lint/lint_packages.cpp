// Rules about package managers: what they leave in a layer, and how their caches are shared.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "frontend/dockerfile/lint/lint.h"
#include "frontend/dockerfile/lint/shell_commands.h"

namespace cbuild::frontend {

namespace {

/// A family of package managers.
struct Manager {
  std::array<std::string_view, 4> programs;
  std::array<std::string_view, 7> verbs;   ///< that fetch lists
  std::string_view harmless_option;        ///< with it nothing is left
  std::array<std::string_view, 3> places;  ///< where the lists are
  std::array<std::string_view, 3> cures;   ///< verbs that remove them
  std::string_view advice;
};

constexpr std::array kManagers = {
    Manager{{"apt-get", "apt", "aptitude"},
            {"update"},
            "",
            {"/var/lib/apt/lists"},
            {"dist-clean", "distclean"},
            "end the same RUN with rm -rf /var/lib/apt/lists/*, or mount a cache at /var/lib/apt"},
    Manager{{"apk"},
            {"add", "update", "upgrade"},
            "--no-cache",
            {"/var/cache/apk", "/etc/apk/cache"},
            {},
            "write apk add --no-cache, or mount a cache at /var/cache/apk"},
    Manager{
        {"yum", "dnf", "dnf5", "microdnf"},
        {"install", "update", "upgrade", "groupinstall", "localinstall", "reinstall", "makecache"},
        "",
        {"/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"},
        {"clean"},
        "end the same RUN with dnf clean all, or mount a cache at /var/cache/dnf"},
};

template <typename Names>
bool is_one_of(std::string_view name, const Names& names) {
  return !name.empty() && std::ranges::find(names, name) != names.end();
}

/// `path` is `directory` or beneath it.
bool is_within(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() ||
                                         directory.ends_with('/') || path[directory.size()] == '/');
}

/// A word of rm or find that takes in `place`: "/var/lib/apt/lists/*", "/var/lib/apt".
bool reaches(std::string_view word, std::string_view place) {
  while (word.ends_with('*') || (word.size() > 1 && word.ends_with('/')))
    word.remove_suffix(1);
  return word.size() > 1 && word.front() == '/' &&
         (is_within(place, word) || is_within(word, place));
}

bool is_cured(const Manager& manager, const std::vector<ShellCommand>& commands) {
  return std::ranges::any_of(commands, [&](const ShellCommand& command) {
    const std::string_view program = program_of(command);
    if (is_one_of(program, manager.programs)) return is_one_of(verb_of(command), manager.cures);
    if (program != "rm" && program != "find") return false;
    return std::ranges::any_of(manager.places, [&](std::string_view place) {
      return !place.empty() && std::ranges::any_of(command, [&](const std::string& word) {
        return reaches(word, place);
      });
    });
  });
}

/// What is written to one of the places goes to a mount.
bool is_mounted(const Manager& manager, const ast::Run& run, const StageView& view) {
  return std::ranges::any_of(run.mounts, [&](const ast::RunMount& mount) {
    if (!mount.target) return false;
    const std::string target = view.value(*mount.target);
    return std::ranges::any_of(manager.places, [&](std::string_view place) {
      return !place.empty() && !target.empty() && is_within(place, target);
    });
  });
}

/// The first command that leaves lists behind; nullptr when there is none.
const ShellCommand* find_leaving(const Manager& manager,
                                 const std::vector<ShellCommand>& commands) {
  const auto found = std::ranges::find_if(commands, [&](const ShellCommand& command) {
    if (!is_one_of(program_of(command), manager.programs)) return false;
    if (!is_one_of(verb_of(command), manager.verbs)) return false;
    return manager.harmless_option.empty() || !has_word(command, manager.harmless_option);
  });
  return found == commands.end() ? nullptr : &*found;
}

void check_run(const StageView& view, const ast::Run& run, Findings& findings) {
  const std::vector<ShellCommand> commands = commands_of(run);
  for (const Manager& manager : kManagers) {
    const ShellCommand* command = find_leaving(manager, commands);
    if (!command || is_cured(manager, commands) || is_mounted(manager, run, view)) continue;
    findings.add(RuleId::package_lists_in_layer, run.command.range,
                 fmt::format("{} {} leaves lists of packages in the layer: {}",
                             program_of(*command), verb_of(*command), manager.advice));
  }
}

}  // namespace

void check_package_lists(const StageView& view, Findings& findings) {
  if (!view.in_image) return;  // of another stage only files are taken
  for (const ast::Instruction* instruction : view.stage.instructions)
    if (const auto* run = std::get_if<ast::Run>(instruction)) check_run(view, *run, findings);
}

void check_cache_mounts(const StageView& view, Findings& findings) {
  for (const ast::Instruction* instruction : view.stage.instructions) {
    const auto* run = std::get_if<ast::Run>(instruction);
    if (!run) continue;
    for (const ast::RunMount& mount : run->mounts) {
      if (mount.type != graph::ExecMount::Type::cache || !mount.target) continue;
      const std::string target = view.value(*mount.target);
      const std::string sharing = mount.sharing ? view.value(*mount.sharing) : "shared";
      const bool is_apt = is_within(target, "/var/cache/apt") || is_within(target, "/var/lib/apt");
      if (!is_apt || sharing != "shared") continue;
      findings.add(RuleId::cache_mount_sharing, mount.text.range,
                   fmt::format("apt wants {} for itself: write sharing=locked, or two builds at "
                               "the same time fail",
                               target));
    }
  }
}

}  // namespace cbuild::frontend
