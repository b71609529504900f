// The command line parser: CLI11 reads the words, the help and the refusals are ours.
#include "src/cli/args.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

// Column at which the explanations of a help text begin, and where its lines end.
constexpr std::size_t kHelpColumn = 30;
constexpr std::size_t kHelpWidth = 92;

std::string spaces(std::size_t count) {
  return std::string(count, ' ');
}

/// `text` in lines of at most `width` bytes, each but the first indented.
std::string wrap(std::string_view text, std::size_t indent, std::size_t width) {
  std::string result;
  std::size_t column = 0;
  for (const std::string& word : split(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > width) {
      result += "\n" + spaces(indent);
      column = 0;
    } else if (column > 0) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

std::string row(const std::string& left, std::string_view help) {
  std::string line = "  " + left;
  if (line.size() + 2 > kHelpColumn) {
    line += "\n" + spaces(kHelpColumn);
  } else {
    line += spaces(kHelpColumn - line.size());
  }
  return line + wrap(help, kHelpColumn, kHelpWidth - kHelpColumn) + "\n";
}

void refuse_unknown_word(const std::string& names,
                         const std::string& text,
                         const std::vector<std::string>& words) {
  if (std::ranges::find(words, text) != words.end()) return;
  throw Error(ErrorKind::usage, "{}: '{}' is not supported (want {})",
              names.substr(names.rfind(',') + 1), printable(text), join(words, ", "));
}

/// "--flag" of "--flag=value".
std::string flag_of(std::string_view word) {
  return std::string(word.substr(0, word.find('=')));
}

}  // namespace

struct Args::Parser {
  CLI::App app;
  /// Words given for the ineffective flags; the parser writes here.
  std::map<std::string, std::vector<std::string>> ignored;
  std::vector<CLI::Option*> positionals;
  std::vector<std::string>* many = nullptr;  ///< takes the words that are left
};

Args::Args(std::string command, std::string summary)
    : command_(std::move(command)),
      summary_(std::move(summary)),
      parser_(std::make_unique<Parser>()) {
  CLI::App& app = parser_->app;
  app.set_help_flag();  // ours
  app.allow_extras();
  app.add_flag("-h,--help", help_wanted_);
  known_flags_ = {"-h", "--help"};
}

Args::~Args() = default;

void Args::describe(std::string text) {
  description_ = std::move(text);
}

void Args::example(std::string command, std::string what) {
  examples_.push_back({std::move(command), std::move(what)});
}

void Args::group(std::string title) {
  groups_.push_back({std::move(title), {}});
}

void Args::positional(const std::string& name,
                      std::string& value,
                      const std::string& help,
                      Need need) {
  parser_->positionals.push_back(parser_->app.add_option(name, value));
  positionals_.push_back({name, need == Need::required, false});
  arguments_.push_back({name, help});
}

void Args::positionals(const std::string& name,
                       std::vector<std::string>& values,
                       const std::string& help,
                       Need need) {
  parser_->many = &values;  // not CLI11's: it would take "[a,b]" apart
  positionals_.push_back({name, need == Need::required, true});
  arguments_.push_back({name, help});
}

void Args::show_option(const std::string& names,
                       const std::string& value_name,
                       const std::string& help) {
  std::string left;
  for (const std::string& name : split(names, ',')) {
    known_flags_.push_back(name);
    if (left.empty() && name.starts_with("--")) left = spaces(4);
    left += (left.empty() || left == spaces(4) ? "" : ", ") + name;
  }
  if (!value_name.empty()) left += " " + value_name;
  groups_.back().rows.push_back({left, help});
}

void Args::option(const std::string& names,
                  std::string& value,
                  const std::string& value_name,
                  const std::string& help) {
  parser_->app.add_option(names, value)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  show_option(names, value_name, help);
}

void Args::option(const std::string& names,
                  std::optional<std::uint64_t>& value,
                  const std::string& value_name,
                  const std::string& help) {
  const auto read = [names, &value](const std::string& text) {
    value = parse_uint(text);
    if (!value) {
      throw Error(ErrorKind::usage, "{}: '{}' is not a number", names.substr(names.rfind(',') + 1),
                  printable(text));
    }
  };
  parser_->app.add_option_function<std::string>(names, read)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  show_option(names, value_name, help);
}

void Args::option(const std::string& names,
                  std::vector<std::string>& values,
                  const std::string& value_name,
                  const std::string& help) {
  parser_->app.add_option(names, values)
      ->allow_extra_args(false)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  show_option(names, value_name, help);
}

void Args::choice(const std::string& names,
                  std::string& value,
                  std::vector<std::string> words,
                  const std::string& help) {
  const std::string value_name = join(words, "|");
  const auto read = [names, &value, words = std::move(words)](const std::string& text) {
    refuse_unknown_word(names, text, words);
    value = text;
  };
  parser_->app.add_option_function<std::string>(names, read)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  show_option(names, value_name, help);
}

void Args::flag(const std::string& names, bool& value, const std::string& help) {
  parser_->app.add_flag(names, value)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  show_option(names, "", help);
}

void Args::flag(const std::string& names,
                std::string& value,
                std::vector<std::string> words,
                const std::string& help) {
  parser_->app.add_flag(names, value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->check([names, words = std::move(words)](const std::string& text) -> std::string {
        refuse_unknown_word(names, text, words);
        return {};
      });
  show_option(names, "", help);
}

void Args::ineffective_flags(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    ineffective_.emplace_back(name.substr(name.rfind(',') + 1));
    parser_->app.add_flag_function(std::string(name), [](std::int64_t) {});
  }
}

void Args::ineffective_options(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    ineffective_.emplace_back(name.substr(name.rfind(',') + 1));
    parser_->app.add_option(std::string(name), parser_->ignored[std::string(name)])
        ->allow_extra_args(false)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
}

void Args::foreign(std::span<const Foreign> flags) {
  foreign_.insert(foreign_.end(), flags.begin(), flags.end());
}

void Args::refuse(const std::string& flag) const {
  if (const auto known = std::ranges::find(foreign_, flag, &Foreign::name);
      known != foreign_.end()) {
    Error error(ErrorKind::usage, "{} is not supported", flag);
    if (!known->instead.empty()) error.with_hint(std::string(known->instead));
    throw error;
  }
  std::string message = fmt::format("unknown flag {}", printable(flag));
  std::vector<std::string> candidates = known_flags_;
  for (const Foreign& known : foreign_)
    candidates.emplace_back(known.name);
  std::erase_if(candidates, [](const std::string& name) { return !name.starts_with("--"); });
  if (const auto near = nearest(flag, candidates); near && flag.starts_with("--")) {
    message += fmt::format(" (did you mean {}?)", *near);
  }
  Error error(ErrorKind::usage, "{}", message);
  error.with_hint(fmt::format("'cbuild {} --help' lists the flags", command_));
  throw error;
}

void Args::take_leftovers() {
  std::vector<std::string> words;
  bool options_ended = false;
  for (std::string& word : parser_->app.remaining()) {
    if (!options_ended && word.size() > 1 && word[0] == '-' && word != "--") refuse(flag_of(word));
    if (options_ended || word != "--") words.push_back(word);
    options_ended |= word == "--";
  }
  if (parser_->many != nullptr) {
    *parser_->many = std::move(words);
    return;
  }
  if (words.empty()) return;
  Error error(ErrorKind::usage, "unexpected argument '{}'", printable(words.front()));
  error.with_hint("Usage: " + synopsis());
  throw error;
}

void Args::check_positionals() const {
  for (std::size_t i = 0; i < positionals_.size(); ++i) {
    const bool given =
        positionals_[i].many ? !parser_->many->empty() : parser_->positionals[i]->count() > 0;
    if (!positionals_[i].required || given) continue;
    Error error(ErrorKind::usage, "{} is missing", positionals_[i].name);
    error.with_hint("Usage: " + synopsis());
    throw error;
  }
}

/// Docker's ways of joining an option and its value that CLI11 lacks: "-f=x" and "--file=".
std::vector<std::string> Args::separate_values(std::span<const std::string> words) const {
  std::vector<std::string> result;
  bool options_ended = false;
  for (const std::string& word : words) {
    options_ended |= word == "--";
    const auto at = word.find('=');
    const bool short_one = at == 2 && word[0] == '-' && word[1] != '-';
    const bool empty = word.starts_with("--") && at + 1 == word.size();
    const CLI::Option* option =
        short_one || empty ? parser_->app.get_option_no_throw(word.substr(0, at)) : nullptr;
    if (options_ended || option == nullptr || option->get_expected_min() == 0) {
      result.push_back(word);
      continue;
    }
    result.push_back(word.substr(0, at));
    result.push_back(word.substr(at + 1));
  }
  return result;
}

void Args::parse(std::span<const std::string> words) {
  std::vector<std::string> reversed = separate_values(words);
  std::ranges::reverse(reversed);
  // CLI11 would go on after an unknown flag and complain of something that follows from it.
  try {
    parser_->app.parse(std::move(reversed));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();  // "--file: 1 required TEXT missing"
    throw Error(ErrorKind::usage, "{} needs a value", printable(text.substr(0, text.find(':'))));
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::usage, "{}", printable(error.what()));
  }
  if (help_wanted_) return;
  take_leftovers();
  check_positionals();
  for (const std::string& name : ineffective_) {
    if (parser_->app.count(name) > 0) {
      warnings_.push_back(fmt::format("{} has no effect", name));
    }
  }
}

std::string Args::synopsis() const {
  std::string text = "cbuild " + command_ + " [OPTIONS]";
  for (const Positional& positional : positionals_) {
    const std::string name = positional.name + (positional.many ? "..." : "");
    text += positional.required ? " " + name : " [" + name + "]";
  }
  return text;
}

std::string Args::help() const {
  std::string text = fmt::format("Usage: {}\n\n{}.\n", synopsis(), summary_);
  if (!description_.empty()) text += "\n" + wrap(description_, 0, kHelpWidth) + "\n";
  if (!arguments_.empty()) text += "\nArguments:\n";
  for (const Shown& argument : arguments_)
    text += row(argument.left, argument.help);
  for (const Group& group : groups_) {
    if (group.rows.empty()) continue;
    text += fmt::format("\n{}:\n", group.title);
    for (const Shown& shown : group.rows)
      text += row(shown.left, shown.help);
  }
  if (!examples_.empty()) text += "\nExamples:\n";
  for (const Shown& shown : examples_) {
    text += fmt::format("  # {}\n  {}\n", shown.help, shown.left);
  }
  return text;
}

}  // namespace cbuild::cli
