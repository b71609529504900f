// Rules about what COPY and ADD take from the build context.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "cbuild/frontend/context_files.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/copy_sources.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/shell_commands.h"
#include "frontend/dockerfile/lint/stage_view.h"
#include "frontend/dockerfile/messages.h"

namespace cbuild::frontend {

namespace {

/// A command that installs what a file of the context lists.
struct Installer {
  std::string_view program;
  std::array<std::string_view, 4> verbs;
  std::string_view files;  ///< what to copy first
};

constexpr std::array kInstallers = {
    Installer{"npm", {"ci", "install", "i", "clean-install"}, "package.json and package-lock.json"},
    Installer{"yarn", {"install"}, "package.json and yarn.lock"},
    Installer{"pnpm", {"install", "i", "fetch"}, "package.json and pnpm-lock.yaml"},
    Installer{"bun", {"install", "i"}, "package.json and bun.lock"},
    Installer{"pip", {"install"}, "requirements.txt"},
    Installer{"pip3", {"install"}, "requirements.txt"},
    Installer{"poetry", {"install"}, "pyproject.toml and poetry.lock"},
    Installer{"pipenv", {"install", "sync"}, "Pipfile and Pipfile.lock"},
    Installer{"uv", {"sync"}, "pyproject.toml and uv.lock"},
    Installer{"bundle", {"install"}, "Gemfile and Gemfile.lock"},
    Installer{"composer", {"install"}, "composer.json and composer.lock"},
    Installer{"cargo", {"fetch"}, "Cargo.toml and Cargo.lock"},
    Installer{"dotnet", {"restore"}, "the project files"},
    Installer{"mix", {"deps.get"}, "mix.exs and mix.lock"},
};

/// "-r", "-rFILE", "--requirement" or "--requirement=FILE".
bool has_option(const ShellCommand& command, std::string_view brief, std::string_view full) {
  return std::ranges::any_of(command, [&](const std::string& word) {
    const bool is_long = word.starts_with("--");
    return is_long ? word.substr(0, word.find('=')) == full : word.starts_with(brief);
  });
}

/// "python3 -m pip install" is "pip install".
bool is_python_module(const ShellCommand& command) {
  return command.size() > 2 && program_of(command).starts_with("python") && command[1] == "-m";
}

/// What must be copied before `command` can run; nullopt when it installs nothing that is listed.
std::optional<std::string_view> files_wanted(const ShellCommand& command) {
  if (is_python_module(command)) return files_wanted({command.begin() + 2, command.end()});
  const std::string_view program = program_of(command);
  const std::string_view verb = verb_of(command);
  if (program == "go" && verb == "mod" && has_word(command, "download")) return "go.mod and go.sum";
  const auto found = std::ranges::find(kInstallers, program, &Installer::program);
  if (found == kInstallers.end()) return std::nullopt;
  const bool installs_without_verb = program == "yarn" || program == "bundle";
  if (verb.empty() ? !(installs_without_verb && command.size() == 1)
                   : std::ranges::find(found->verbs, verb) == found->verbs.end())
    return std::nullopt;
  // "pip install flask" and "npm install -g x" read no list; "pip install ." needs the source.
  if ((program == "pip" || program == "pip3") && !has_option(command, "-r", "--requirement"))
    return std::nullopt;
  if (has_option(command, "-g", "--global")) return std::nullopt;
  return found->files;
}

bool has_cache_mount(const ast::Run& run) {
  return std::ranges::any_of(run.mounts, [](const ast::RunMount& mount) {
    return mount.type == graph::ExecMount::Type::cache;
  });
}

/// The COPY or ADD takes all of the context.
bool takes_everything(const CopySources& copy, const StageView& view) {
  return copy.from_context &&
         std::ranges::any_of(copy.transfer->sources, [&](const ast::Word& source) {
           return context_path(view.value(source)).empty() || view.value(source) == "*";
         });
}

}  // namespace

void check_ignored_files(const StageView& view, Findings& findings) {
  const ContextFiles* files = view.context_files();
  if (!files) return;
  for (const ast::Instruction* instruction : view.instructions()) {
    const auto copy = copy_sources(*instruction);
    if (!copy || !copy->from_context) continue;
    for (const ast::Word& source : copy->transfer->sources) {
      const std::string text = view.value(source);
      const std::string path = context_path(text);
      if (is_remote(text) || !files->is_ignored(path)) continue;
      findings.add(RuleId::copy_ignored_file, source.range,
                   fmt::format("Attempting to {} file {} that is excluded by .dockerignore",
                               copy->is_add ? "Add" : "Copy", quoted(text)));
    }
  }
}

void check_copy_before_install(const StageView& view, Findings& findings) {
  const ast::Info* copied = nullptr;
  for (const ast::Instruction* instruction : view.instructions()) {
    if (const auto copy = copy_sources(*instruction)) {
      if (takes_everything(*copy, view)) copied = &ast::info_of(*instruction);
      continue;
    }
    const auto* run = std::get_if<ast::Run>(instruction);
    if (!run) continue;
    for (const auto& [command, directory] : view.scripts.at(run)) {
      const auto files = files_wanted(command);
      if (!files) continue;
      if (!copied) return;  // the list was copied and installed before: that is how it is done
      if (has_cache_mount(*run)) return;
      findings.add(RuleId::copy_before_install, copied->range,
                   fmt::format("a change of any file repeats '{}' of line {}: copy {} first, "
                               "install, then copy the rest",
                               join(command, " "), run->info.range.line, *files));
      return;
    }
  }
}

}  // namespace cbuild::frontend
