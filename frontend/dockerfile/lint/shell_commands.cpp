// Splits scripts into simple commands; see shell_commands.h.
#include "frontend/dockerfile/lint/shell_commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"

namespace cbuild::frontend {

namespace {

/// Words in front of a command that do not change what it is.
constexpr auto kPrefixes = std::to_array<std::string_view>(
    {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time", "sudo", "exec", "env",
     "nice", "ionice", "command", "nohup", "eatmydata"});

constexpr auto kShells =
    std::to_array<std::string_view>({"sh", "bash", "ash", "dash", "ksh", "zsh"});

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// "NAME=value" before a command.
bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 &&
         std::ranges::all_of(word.substr(0, equals), is_name_character);
}

bool is_shell(std::string_view program) {
  return std::ranges::find(kShells, program) != kShells.end();
}

class Scanner {
 public:
  explicit Scanner(std::string_view script) : script_(script) {}

  std::vector<ShellCommand> run() {
    while (at_ < script_.size())
      step();
    end_command();
    return std::move(commands_);
  }

 private:
  void step() {
    const char c = script_[at_++];
    if (is_blank(c)) {
      end_word();
    } else if (std::string_view("\n;&|()`").find(c) != std::string_view::npos) {
      end_command();
      if (c == '(' || c == ')') commands_.push_back({std::string(1, c)});
    } else if (c == '#' && !in_word_) {
      at_ = std::min(script_.find('\n', at_), script_.size());
    } else if (c == '\'' || c == '"') {
      quoted(c);
    } else if (c == '\\') {
      escaped();
    } else {
      add(c);
    }
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  void quoted(char quote) {
    in_word_ = true;
    while (at_ < script_.size() && script_[at_] != quote) {
      if (quote == '"' && script_[at_] == '\\' && at_ + 1 < script_.size()) ++at_;
      word_ += script_[at_++];
    }
    ++at_;
  }

  void escaped() {
    if (at_ == script_.size()) return;
    const char c = script_[at_++];
    if (c != '\n') add(c);
  }

  void end_word() {
    if (in_word_) command_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  void end_command() {
    end_word();
    const auto begin = std::ranges::find_if(command_, [](const std::string& word) {
      return std::ranges::find(kPrefixes, std::string_view(word)) == kPrefixes.end() &&
             !is_assignment(word);
    });
    if (begin == command_.end() && !command_.empty() && is_assignment(command_.back())) {
      std::erase_if(command_, [](const std::string& word) { return !is_assignment(word); });
      command_.insert(command_.begin(), "export");
    } else {
      command_.erase(command_.begin(), begin);
    }
    if (!command_.empty()) commands_.push_back(std::move(command_));
    command_.clear();
  }

  std::string_view script_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
};

/// The script of `sh -ec SCRIPT`; empty when it is no such command.
std::string_view script_of(const ShellCommand& command) {
  if (command.empty() || !is_shell(program_of(command))) return {};
  for (std::size_t i = 1; i + 1 < command.size(); ++i) {
    if (!command[i].starts_with('-')) return {};
    if (!command[i].starts_with("--") && command[i].find('c') != std::string::npos)
      return command[i + 1];
  }
  return {};
}

void append(std::vector<ShellCommand>& all, std::vector<ShellCommand> more) {
  std::ranges::move(more, std::back_inserter(all));
}

bool is_for_shell(const ast::Heredoc& heredoc) {
  if (!heredoc.content.starts_with("#!")) return true;
  const std::string first = heredoc.content.substr(0, heredoc.content.find('\n'));
  return std::ranges::any_of(split(first.substr(2), ' '), [](const std::string& word) {
    return is_shell(std::string_view(word).substr(word.rfind('/') + 1));
  });
}

}  // namespace

std::vector<ShellCommand> shell_commands(std::string_view script) {
  return Scanner(script).run();
}

std::vector<ShellCommand> commands_of(const ast::Run& run) {
  std::vector<ShellCommand> commands;
  if (run.command.exec) {
    if (!run.command.argv.empty()) commands.push_back(run.command.argv);
  } else if (run.heredoc_is_script) {
    if (is_for_shell(run.heredocs.front())) commands = shell_commands(run.heredocs.front().content);
  } else {
    commands = shell_commands(run.command.text);
  }
  const bool reads_heredocs = !run.command.exec && !run.heredoc_is_script && !commands.empty() &&
                              is_shell(program_of(commands.front()));
  std::vector<ShellCommand> all;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::string script(script_of(commands[i]));
    all.push_back(std::move(commands[i]));
    append(all, shell_commands(script));
    for (const ast::Heredoc& heredoc : run.heredocs)
      if (i == 0 && reads_heredocs) append(all, shell_commands(heredoc.content));
  }
  return all;
}

std::string_view program_of(const ShellCommand& command) {
  const std::string_view name = command.front();
  return name.substr(name.rfind('/') + 1);
}

std::string_view verb_of(const ShellCommand& command) {
  for (std::size_t i = 1; i < command.size(); ++i)
    if (!command[i].starts_with('-')) return command[i];
  return {};
}

bool has_word(const ShellCommand& command, std::string_view word) {
  return std::ranges::find(command, word) != command.end();
}

}  // namespace cbuild::frontend
