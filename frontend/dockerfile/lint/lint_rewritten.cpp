// The rule about files whose owner or mode a later step changes after COPY: a second layer stores
// them again.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cbuild/frontend/context_files.h"
#include "cbuild/util/pattern.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/checks.h"
#include "frontend/dockerfile/lint/copy_sources.h"
#include "frontend/dockerfile/lint/findings.h"
#include "frontend/dockerfile/lint/made_users.h"
#include "frontend/dockerfile/lint/paths.h"
#include "frontend/dockerfile/lint/removed_paths.h"
#include "frontend/dockerfile/lint/run_script.h"
#include "frontend/dockerfile/lint/stage_view.h"

namespace cbuild::frontend {

namespace {

/// The later ones only: a hostile file must not make it slow.
constexpr std::size_t kMaxCopies = 100;

/// A path that a COPY created.
struct Landed {
  std::string path;                            ///< absolute, clean
  std::string owner = {};                      ///< --chown
  std::string mode = {};                       ///< --chmod
  std::optional<std::string> in_context = {};  ///< its path there
  bool may_be_directory = false;
  int line = 0;
};

/// A path that chown or chmod changes.
struct Touched {
  std::string program;
  std::string wanted;    ///< the owner or the mode
  std::string path;      ///< up to the first wildcard
  bool beneath = false;  ///< what is in `path` too
};

/// Of chown and chmod; "-x" of "chmod -x FILE" is a mode.
bool is_option(std::string_view word) {
  if (!word.starts_with('-')) return false;
  return word.starts_with("--") || word.find_first_not_of("RcfvhHLP", 1) == std::string_view::npos;
}

/// Bits that `mode` gives everybody whatever was there before: of octal modes all of them.
bool is_executable_for_all(const std::string& mode) {
  if (mode.size() < 3 || mode.find_first_not_of("01234567") != mode.npos) return false;
  return std::ranges::all_of(mode.substr(mode.size() - 3),
                             [](char c) { return (c - '0') % 2 == 1; });
}

/// chmod `mode` changes nothing of files that have `copied` already.
bool changes_no_mode(const std::string& mode, const std::string& copied) {
  if (copied.empty()) return false;
  if (mode == copied || mode == "0" + copied || copied == "0" + mode) return true;
  return (mode == "+x" || mode == "a+x" || mode == "u+x") && is_executable_for_all(copied);
}

/// Files whose content the commands change: they are in the layer of the step anyway.
class ChangedFiles {
 public:
  explicit ChangedFiles(const std::vector<ScriptCommand>& commands) {
    for (const ScriptCommand& command : commands) {
      if (!changes_content(command.words)) continue;
      for (const std::string& operand : operands_of(command))
        if (auto path = path_of(command, operand); path && paths_.size() < kMaxCopies)
          paths_.push_back(std::move(*path));
    }
  }

  bool hold(const std::string& path) const {
    return std::ranges::any_of(paths_, [&](const std::string& changed) {
      return changed == path || (has_wildcard(changed) && matches_glob(changed, path));
    });
  }

 private:
  static bool changes_content(const ShellCommand& command) {
    const std::string_view program = program_of(command);
    if (program == "sed" || program == "perl") {
      return std::ranges::any_of(command, [](const std::string& word) {
        if (word.starts_with("--")) return word.starts_with("--in-place");
        return word.starts_with('-') && word.find('i') != word.npos;
      });
    }
    return program == "dos2unix" || program == "strip" || program == "patchelf" || program == "tee";
  }

  std::vector<std::string> paths_;
};

/// The other effects of a step, besides chown and chmod.
struct Step {
  explicit Step(const std::vector<ScriptCommand>& commands)
      : removed(commands), changed(commands) {}

  RemovedPaths removed;
  ChangedFiles changed;
};

class Walk {
 public:
  Walk(const StageView& view, Findings& findings)
      : view_(view), findings_(findings), start_(view) {}

  void visit(const ast::Instruction& instruction) {
    if (const auto copy = copy_sources(instruction)) {
      land(*copy, ast::info_of(instruction).range.line);
    } else if (const auto* run = std::get_if<ast::Run>(&instruction)) {
      check(*run);
    }
    start_.visit(instruction);
  }

 private:
  void land(const CopySources& copy, int line) {
    const std::string text = view_.value(copy.transfer->destination);
    const std::string destination = absolute_path(start_.directory(), text);
    const std::size_t count = copy.transfer->sources.size() + copy.transfer->heredocs.size();
    const std::string owner = copy.transfer->chown ? view_.value(*copy.transfer->chown) : "";
    const std::string mode = copy.transfer->chmod ? view_.value(*copy.transfer->chmod) : "";
    const bool into = text.ends_with('/') || text.ends_with("/.") || text == "." || count > 1;
    for (const ast::Word& word : copy.transfer->sources)
      land(copy, view_.value(word), into,
           {.path = destination, .owner = owner, .mode = mode, .line = line});
    for (const ast::Heredoc& heredoc : copy.transfer->heredocs)
      add({.path = into ? absolute_path(destination, heredoc.name) : destination,
           .owner = owner,
           .mode = mode,
           .line = line});
  }

  void land(const CopySources& copy, const std::string& source, bool into, Landed landed) {
    const std::string path = context_path(source);
    if (copy.from_context && !is_remote(source) && !has_wildcard(path)) landed.in_context = path;
    const ContextFiles* files = view_.context_files();
    const bool known = landed.in_context && files;
    landed.may_be_directory = known ? files->is_directory(path)
                                    : path.empty() || source.ends_with('/') || has_wildcard(path);
    const bool is_file = known ? !landed.may_be_directory : false;
    const std::string name = path.substr(path.rfind('/') + 1);
    if (into && !landed.may_be_directory) {
      landed.path = absolute_path(landed.path, name);
    } else if (!is_file && landed.path.substr(landed.path.rfind('/') + 1) != name) {
      landed.may_be_directory = true;
    }
    add(std::move(landed));
  }

  void add(Landed landed) {
    if (landed_.size() == kMaxCopies) landed_.erase(landed_.begin());
    landed_.push_back(std::move(landed));
  }

  void check(const ast::Run& run) {
    std::vector<Touched> told;  // what was written again once in this step costs nothing more
    const std::vector<ScriptCommand>& commands = view_.scripts.at(&run);
    users_.add(commands, run.info.range.line);
    if (landed_.empty()) return;
    std::optional<Step> step;
    for (const ScriptCommand& command : commands) {
      for (const Touched& touched : touched_by(command)) {
        const bool is_told = std::ranges::any_of(told, [&](const Touched& earlier) {
          return earlier.path == touched.path ||
                 (earlier.beneath && is_within(touched.path, earlier.path));
        });
        if (is_told || is_mounted(run, touched.path) || told.size() >= kMaxCopies) continue;
        if (!step) step.emplace(commands);
        if (check(run, touched, *step)) told.push_back(touched);
      }
    }
  }

  /// The path is in a mount, so changes there are in no layer.
  bool is_mounted(const ast::Run& run, const std::string& path) const {
    return std::ranges::any_of(run.mounts, [&](const ast::RunMount& mount) {
      return mount.target &&
             is_within(path, absolute_path(start_.directory(), view_.value(*mount.target)));
    });
  }

  /// Of `find DIRECTORY… -exec chmod MODE {} +`; directories alone cost nothing.
  static std::vector<Touched> touched_by_find(const ScriptCommand& command) {
    const ShellCommand& words = command.words;
    std::vector<Touched> result;
    for (std::size_t i = 1; i + 2 < words.size(); ++i) {
      if (words[i] == "-type" && words[i + 1] == "d") return {};
      const bool is_exec = words[i] == "-exec" || words[i] == "-execdir";
      if (!is_exec || !changes_files(words[i + 1])) continue;
      const std::string program(last_part(words[i + 1]));
      for (std::size_t k = 1; k < words.size() && !words[k].starts_with('-'); ++k) {
        if (const auto path = path_of(command, words[k]))
          result.push_back(
              {.program = program, .wanted = words[i + 2], .path = *path, .beneath = true});
      }
    }
    return result;
  }

  static bool changes_files(std::string_view program) {
    program = last_part(program);
    return program == "chown" || program == "chmod" || program == "chgrp";
  }

  static std::vector<Touched> touched_by(const ScriptCommand& command) {
    const std::string_view program = program_of(command.words);
    if (program == "find") return touched_by_find(command);
    if (!changes_files(program)) return {};
    bool recursive = false;
    std::vector<std::string> words;
    for (std::size_t i = 1; i < command.words.size(); ++i) {
      const std::string& word = command.words[i];
      if (!is_option(word)) {
        words.push_back(word);
      } else if (word == "--recursive" || (word[1] != '-' && word.find('R') != std::string::npos)) {
        recursive = true;
      }
    }
    std::vector<Touched> result;
    for (std::size_t i = 1; i < words.size(); ++i) {  // the first is the owner or the mode
      const auto wildcard = words[i].find_first_of("*?[{");
      const std::string fixed = words[i].substr(0, wildcard);
      const bool cut = wildcard != std::string::npos;
      auto path = path_of(command, cut && fixed.empty() ? "." : fixed);
      if (!path) continue;
      if (cut && !fixed.empty() && !fixed.ends_with('/')) path = parent_of(*path);
      result.push_back({.program = std::string(program),
                        .wanted = words[0],
                        .path = *path,
                        .beneath = recursive || cut});
    }
    return result;
  }

  static bool overlap(const Landed& landed, const Touched& touched) {
    if (touched.path == landed.path) return touched.beneath || !landed.may_be_directory;
    if (touched.beneath && is_within(landed.path, touched.path)) return true;
    return landed.may_be_directory && is_within(touched.path, landed.path);
  }

  /// Bytes of those files that are written again; nullopt when the context does not tell.
  std::optional<std::uint64_t> cost(const Landed& landed, const Touched& touched) const {
    const ContextFiles* files = view_.context_files();
    if (!files || !landed.in_context) return std::nullopt;
    std::string path = *landed.in_context;
    if (touched.path.size() > landed.path.size() && is_within(touched.path, landed.path))
      path = context_path(path + "/" + touched.path.substr(landed.path.size()));
    return files->size_of(path);
  }

  /// The files are as they are wanted, are gone when the step ends, or are in its layer anyway.
  static bool costs_nothing(const Landed& landed, const Touched& touched, const Step& step) {
    if (touched.program == "chmod" && changes_no_mode(touched.wanted, landed.mode)) return true;
    if (touched.program == "chown" && touched.wanted == landed.owner) return true;
    const bool is_deeper = touched.path.size() > landed.path.size();
    const std::string& path = is_deeper ? touched.path : landed.path;
    return step.removed.take(path) || step.changed.hold(path);
  }

  bool check(const ast::Run& run, const Touched& touched, const Step& step) {
    std::uint64_t bytes = 0;
    int line = 0;
    for (const Landed& landed : landed_) {
      if (!overlap(landed, touched) || costs_nothing(landed, touched, step)) continue;
      const auto size = cost(landed, touched);
      // A path of a copied directory that is not there was made by something else.
      if (!size && landed.in_context && view_.context_files() &&
          touched.path.size() > landed.path.size())
        continue;
      if (line == 0) line = landed.line;
      bytes += size.value_or(0);
    }
    if (line == 0) return false;
    const std::string amount = bytes > 0 ? fmt::format(" ({})", human_size(bytes)) : "";
    findings_.add(RuleId::copied_files_rewritten, run.command.range,
                  fmt::format("{} stores the files copied in line {} a second time{}: {}",
                              touched.program, line, amount, advice(touched, line)));
    return true;
  }

  std::string advice(const Touched& touched, int line) const {
    if (touched.program == "chmod") return "write COPY --chmod=… there";
    const std::string late = users_.made_after(touched.wanted, line);
    if (late.empty()) return "write COPY --chown=… there";
    return fmt::format(
        "create {} before line {} and write COPY --chown=… there, or give its IDs as numbers", late,
        line);
  }

  const StageView& view_;
  Findings& findings_;
  StepStart start_;
  MadeUsers users_;
  std::vector<Landed> landed_;
};

}  // namespace

void check_rewritten_files(const StageView& view, Findings& findings) {
  if (!view.in_image) return;  // of another stage only files are taken
  Walk walk(view, findings);
  for (const ast::Instruction* instruction : view.instructions())
    walk.visit(*instruction);
}

}  // namespace cbuild::frontend
