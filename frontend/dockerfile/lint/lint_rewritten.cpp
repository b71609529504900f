// The rule about files that are copied, and then changed in owner or mode by a step of its own: a
// layer holds them a second time.
#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cbuild/util/pattern.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/lint/copy_sources.h"
#include "frontend/dockerfile/lint/lint.h"
#include "frontend/dockerfile/lint/shell_commands.h"

namespace cbuild::frontend {

namespace {

/// The later ones only: a hostile file must not make it slow.
constexpr std::size_t kMaxCopies = 100;

/// Where one source of a COPY came to be.
struct Landed {
  std::string path;                            ///< absolute, clean
  std::optional<std::string> in_context = {};  ///< its path there
  bool may_be_directory = false;
  int line = 0;
};

/// What a chown or chmod touches.
struct Touched {
  std::string program;
  std::string path;      ///< up to the first wildcard
  bool beneath = false;  ///< what is in `path` too
};

std::string absolute(const std::string& directory, const std::string& path) {
  return "/" + context_path(path.starts_with('/') ? path : directory + "/" + path);
}

/// `path` is `directory` or beneath it.
bool is_within(const std::string& path, const std::string& directory) {
  return path == directory || directory == "/" || path.starts_with(directory + "/");
}

/// Of chown and chmod; "-x" of "chmod -x FILE" is a mode.
bool is_option(std::string_view word) {
  if (!word.starts_with('-')) return false;
  return word.starts_with("--") || word.find_first_not_of("RcfvhHLP", 1) == std::string_view::npos;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

class Walk {
 public:
  Walk(const StageView& view, Findings& findings) : view_(view), findings_(findings) {
    directory_ = view.start.working_dir.empty() ? "/" : view.start.working_dir;
  }

  void visit(const ast::Instruction& instruction) {
    if (const auto copy = copy_sources(instruction)) {
      land(*copy, ast::info_of(instruction).range.line);
    } else if (const auto* workdir = std::get_if<ast::Workdir>(&instruction)) {
      directory_ = absolute(directory_, view_.value(workdir->path));
    } else if (const auto* run = std::get_if<ast::Run>(&instruction)) {
      check(*run);
    }
  }

 private:
  void land(const CopySources& copy, int line) {
    const std::string text = view_.value(copy.transfer->destination);
    const std::string destination = absolute(directory_, text);
    const std::size_t count = copy.transfer->sources.size() + copy.transfer->heredocs.size();
    const bool into = text.ends_with('/') || text.ends_with("/.") || text == "." || count > 1;
    for (const ast::Word& word : copy.transfer->sources)
      land(copy, view_.value(word), into, {.path = destination, .line = line});
    for (const ast::Heredoc& heredoc : copy.transfer->heredocs)
      add({.path = into ? absolute(destination, heredoc.name) : destination, .line = line});
  }

  void land(const CopySources& copy, const std::string& source, bool into, Landed landed) {
    const std::string path = context_path(source);
    if (copy.from_context && !is_remote(source) && !has_wildcard(path)) landed.in_context = path;
    const ContextFiles* files = view_.input.options.context_files;
    const bool known = landed.in_context && files;
    landed.may_be_directory = known ? files->is_directory(path)
                                    : path.empty() || source.ends_with('/') || has_wildcard(path);
    const bool is_file = known ? !landed.may_be_directory : false;
    const std::string name = path.substr(path.rfind('/') + 1);
    if (into && !landed.may_be_directory) {
      landed.path = absolute(landed.path, name);
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
    for (const ShellCommand& command : commands_of(run)) {
      for (const Touched& touched : touched_by(command)) {
        const bool is_told = std::ranges::any_of(told, [&](const Touched& earlier) {
          return earlier.path == touched.path ||
                 (earlier.beneath && is_within(touched.path, earlier.path));
        });
        if (!is_told && told.size() < kMaxCopies && check(run, touched)) told.push_back(touched);
      }
    }
  }

  std::vector<Touched> touched_by(const ShellCommand& command) const {
    const std::string program(program_of(command));
    if (program != "chown" && program != "chmod" && program != "chgrp") return {};
    bool recursive = false;
    std::vector<std::string> words;
    for (std::size_t i = 1; i < command.size(); ++i) {
      const std::string& word = command[i];
      if (!is_option(word)) {
        words.push_back(word);
      } else if (word == "--recursive" || word.find('R') != std::string::npos) {
        recursive = true;
      }
    }
    std::vector<Touched> result;
    for (std::size_t i = 1; i < words.size(); ++i) {  // the first is the owner or the mode
      if (words[i].find('$') != std::string::npos || words[i].find('>') != std::string::npos)
        continue;
      const auto wildcard = words[i].find_first_of("*?[{");
      const std::string fixed = words[i].substr(0, wildcard);
      const bool cut = wildcard != std::string::npos;
      std::string path = absolute(directory_, fixed);
      if (cut && !fixed.ends_with('/')) path = parent_of(path);
      result.push_back({.program = program, .path = path, .beneath = recursive || cut});
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
    const ContextFiles* files = view_.input.options.context_files;
    if (!files || !landed.in_context) return std::nullopt;
    std::string path = *landed.in_context;
    if (touched.path.size() > landed.path.size() && is_within(touched.path, landed.path))
      path = context_path(path + "/" + touched.path.substr(landed.path.size()));
    return files->size_of(path);
  }

  bool check(const ast::Run& run, const Touched& touched) {
    std::uint64_t bytes = 0;
    int line = 0;
    for (const Landed& landed : landed_) {
      if (!overlap(landed, touched)) continue;
      const auto size = cost(landed, touched);
      // A path of a copied directory that is not there was made by something else.
      if (!size && landed.in_context && view_.input.options.context_files &&
          touched.path.size() > landed.path.size())
        continue;
      if (line == 0) line = landed.line;
      bytes += size.value_or(0);
    }
    if (line == 0) return false;
    const std::string amount = bytes > 0 ? fmt::format(" ({})", human_size(bytes)) : "";
    const char* flag = touched.program == "chmod" ? "--chmod" : "--chown";
    findings_.add(RuleId::copied_files_rewritten, run.command.range,
                  fmt::format("{} stores the files copied in line {} a second time{}: write COPY "
                              "{}=… there",
                              touched.program, line, amount, flag));
    return true;
  }

  const StageView& view_;
  Findings& findings_;
  std::string directory_;
  std::vector<Landed> landed_;
};

}  // namespace

void check_rewritten_files(const StageView& view, Findings& findings) {
  if (!view.in_image) return;  // of another stage only files are taken
  Walk walk(view, findings);
  for (const ast::Instruction* instruction : view.stage.instructions)
    walk.visit(*instruction);
}

}  // namespace cbuild::frontend
