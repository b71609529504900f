// Expands the commands of a RUN; see run_script.h.
#include "frontend/dockerfile/lint/run_script.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cbuild/frontend/options.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/lint/lint_input.h"
#include "frontend/dockerfile/lint/paths.h"
#include "frontend/dockerfile/lint/stage_view.h"

namespace cbuild::frontend {

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

/// Longer words and further alternatives are ignored, so that a hostile file costs no time.
constexpr std::size_t kMaxWord = 4096;
constexpr std::size_t kMaxAlternatives = 64;

constexpr auto kDeclare =
    std::to_array<std::string_view>({"export", "local", "readonly", "declare", "typeset"});

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// How many characters of `text`, which follows a '$', are the variable: "{NAME}" or "NAME".
std::size_t variable_size(std::string_view text) {
  const bool braced = text.starts_with('{');
  std::size_t end = braced ? 1 : 0;
  while (end < text.size() && is_name_character(text[end]))
    ++end;
  if (!braced) return end;
  return end < text.size() && text[end] == '}' ? end + 1 : 0;
}

/// `word` with the variables that have a value.
std::string with_values(std::string_view word, const Values& values) {
  std::string result;
  while (!word.empty()) {
    const auto dollar = std::min(word.find('$'), word.size());
    result += word.substr(0, dollar);
    word.remove_prefix(dollar);
    if (word.empty()) break;
    const std::size_t size = variable_size(word.substr(1));
    std::string_view name = word.substr(1, size);
    if (name.starts_with('{')) name = name.substr(1, name.size() - 2);
    const auto value = values.find(name);
    result += value == values.end() ? std::string(word.substr(0, size + 1)) : value->second;
    word.remove_prefix(size + 1);
    if (result.size() > kMaxWord) return result + std::string(word) + "$";
  }
  return result;
}

/// Adds what "a{b,c}d" stands for: "abd" and "acd".
void add_alternatives(const std::string& word, std::vector<std::string>& words, std::size_t most) {
  std::vector<std::size_t> cuts;  // the brace, its commas, and the other brace
  std::size_t depth = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '{' && (i == 0 || word[i - 1] != '$')) {
      if (depth++ == 0) cuts = {i};
    } else if (word[i] == ',' && depth == 1) {
      cuts.push_back(i);
    } else if (word[i] == '}' && depth > 0 && --depth == 0) {
      cuts.push_back(i);
      if (cuts.size() > 2) break;
    }
  }
  if (cuts.size() < 3 || depth != 0 || word.size() > kMaxWord) {
    words.push_back(word);
    return;
  }
  for (std::size_t i = 0; i + 1 < cuts.size() && words.size() < most; ++i) {
    add_alternatives(word.substr(0, cuts.front()) +
                         word.substr(cuts[i] + 1, cuts[i + 1] - cuts[i] - 1) +
                         word.substr(cuts.back() + 1),
                     words, most);
  }
}

ShellCommand expanded(ShellCommand command, const Values& values) {
  const auto changes = [](const std::string& word) {
    return word.find_first_of("${") != word.npos;
  };
  if (std::ranges::none_of(command, changes)) return command;
  ShellCommand words;
  for (const std::string& word : command) {
    const std::string value = word.find('$') == word.npos ? word : with_values(word, values);
    const bool splits = value != word && value.find(' ') != value.npos;
    for (const std::string& part : splits ? split(value, ' ') : std::vector{value})
      if (!part.empty()) add_alternatives(part, words, words.size() + kMaxAlternatives);
  }
  return words;
}

/// Goes through the commands and keeps the directory and the variables.
class Reader {
 public:
  Reader(std::string directory, const Values& values)
      : directory_(std::move(directory)), values_(values) {}

  void read(std::vector<ShellCommand> commands) {
    for (ShellCommand& command : commands)
      read(std::move(command));
  }

  std::vector<ScriptCommand> take() {
    read(std::exchange(at_end_, {}));
    return std::move(commands_);
  }

 private:
  void read(ShellCommand as_written) {
    ShellCommand words = expanded(std::move(as_written), values_);
    if (words.empty()) return;
    const std::string_view program = program_of(words);
    if (program == "(") {
      outer_.push_back(directory_);
    } else if (program == ")" && !outer_.empty()) {
      directory_ = std::move(outer_.back());
      outer_.pop_back();
    } else if (program == "cd" || program == "pushd" || program == "popd") {
      change_directory(words);
    } else if (std::ranges::find(kDeclare, program) != kDeclare.end()) {
      for (std::size_t i = 1; i < words.size(); ++i)
        assign(words[i]);
    } else if (program == "for" && words.size() > 1) {
      values_.erase(words[1]);  // one after the other
    } else if (program == "trap" && words.size() > 1) {
      for (ShellCommand& command : shell_commands(words[1]))
        at_end_.push_back(std::move(command));
    }
    commands_.push_back({std::move(words), directory_});
  }

  void assign(const std::string& word) {
    const auto equals = word.find('=');
    if (equals == word.npos) return;
    const std::string name = word.substr(0, equals);
    values_.erase(name);
    const std::string value = word.substr(equals + 1);
    if (value.find_first_of("$`") == value.npos) values_[name] = value;
  }

  void change_directory(const ShellCommand& words) {
    const std::string target = words.size() > 1 ? words.back() : "-";
    const auto path = path_of({words, directory_}, target);
    directory_ = target.starts_with('-') || !path ? "" : *path;
  }

  std::string directory_;
  Values values_;
  std::vector<std::string> outer_;  ///< directories of the shells around a subshell
  std::vector<ShellCommand> at_end_;
  std::vector<ScriptCommand> commands_;
};

}  // namespace

std::vector<std::string> operands_of(const ScriptCommand& command) {
  std::vector<std::string> operands;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    if (!word.starts_with('-')) operands.push_back(word);
  }
  return operands;
}

std::optional<std::string> path_of(const ScriptCommand& command, std::string_view word) {
  if (word.empty() || word.find_first_of("$`<>") != word.npos) return std::nullopt;
  if (!word.starts_with('/') && command.directory.empty()) return std::nullopt;
  return absolute_path(command.directory, word);
}

StepStart::StepStart(const StageView& view) : view_(view), directory_(view.start.working_dir) {
  if (directory_.empty()) directory_ = "/";
}

void StepStart::visit(const ast::Instruction& instruction) {
  if (const auto* workdir = std::get_if<ast::Workdir>(&instruction)) {
    directory_ = absolute_path(directory_, view_.value(workdir->path));
  } else if (const auto* env = std::get_if<ast::Env>(&instruction)) {
    for (const ast::KeyValue& pair : env->values)
      variables_[view_.value(pair.key)] = view_.value(pair.value);
  } else if (const auto* arg = std::get_if<ast::Arg>(&instruction)) {
    const auto& given = view_.input.options.build_args;
    for (const ast::ArgDeclaration& declaration : arg->declarations) {
      const std::string& name = declaration.name.text;
      if (const auto value = given.find(name); value != given.end()) {
        variables_[name] = value->second;
      } else if (declaration.value) {
        variables_[name] = view_.value(*declaration.value);
      }
    }
  }
}

std::vector<ScriptCommand> StepStart::commands_of(const ast::Run& run) const {
  Reader reader(directory_, variables_);
  reader.read(frontend::commands_of(run));
  return reader.take();
}

}  // namespace cbuild::frontend
