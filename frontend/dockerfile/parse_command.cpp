// Parses commands, and the instructions that hold one for containers: CMD, ENTRYPOINT, SHELL,
// HEALTHCHECK.
#include "frontend/dockerfile/parse_command.h"

#include <array>
#include <limits>

#include "cbuild/util/go_duration.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/json.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/statement.h"

namespace cbuild::frontend {

namespace {

constexpr std::string_view kOnlyStrings =
    "when using JSON array syntax, arrays must be comprised of strings only";

/// text[begin, end) of the line as an array; its items' places count from the line's start.
StringArray string_array(const Statement& statement, std::size_t begin, std::size_t end) {
  StringArray array =
      parse_string_array(std::string_view(statement.line->text).substr(begin, end - begin));
  if (array.kind == StringArray::Kind::no_strings) {
    throw DockerfileError(statement.line->range(begin, end), std::string(kOnlyStrings));
  }
  for (StringArray::Item& item : array.items) {
    item.begin += begin;
    item.end += begin;
  }
  return array;
}

ast::Command required_command(const Statement& statement) {
  if (statement.args().empty()) {
    throw statement.error(
        fmt::format("{} requires at least one argument", to_upper(statement.keyword)));
  }
  return parse_command(statement, statement.args_begin, statement.args_end);
}

/// CMD and ENTRYPOINT alone: the shell with an empty text.
ast::Command command_or_nothing(const Statement& statement) {
  return parse_command(statement, statement.args_begin, statement.args_end);
}

/// A time of HEALTHCHECK: absent, 0 ("as inherited") or at least a millisecond.
std::optional<std::chrono::nanoseconds> parse_interval(const Flags& flags, std::string_view name) {
  const auto word = flags.text(name);
  if (!word) return std::nullopt;
  const auto duration = parse_go_duration(word->text);
  if (!duration) {
    throw DockerfileError(
        word->range,
        fmt::format("--{}: invalid duration {} (write a number and its unit: 30s, 1m30s, 500ms)",
                    name, quoted(word->text)));
  }
  if (*duration != std::chrono::nanoseconds(0) && *duration < std::chrono::milliseconds(1)) {
    throw DockerfileError(word->range,
                          fmt::format("Interval \"{}\" cannot be less than 1ms", name));
  }
  return duration;
}

std::optional<int> parse_retries(const Flags& flags) {
  const auto word = flags.text("retries");
  if (!word) return std::nullopt;
  const std::string_view text = word->text;
  const bool negative = text.front() == '-';
  const auto count = parse_uint(text.substr(negative || text.front() == '+' ? 1 : 0));
  if (!count || *count > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
    throw DockerfileError(word->range,
                          fmt::format("--retries: {} is not a number", quoted(word->text)));
  }
  if (negative && *count != 0) {
    throw DockerfileError(word->range, fmt::format("--retries cannot be negative (-{})", *count));
  }
  return static_cast<int>(*count);
}

}  // namespace

ast::Command parse_command(const Statement& statement, std::size_t begin, std::size_t end) {
  const LogicalLine& line = *statement.line;
  ast::Command command{.exec = false, .argv = {}, .text = {}, .range = line.range(begin, end)};
  StringArray array = string_array(statement, begin, end);
  command.exec = array.kind == StringArray::Kind::strings;
  if (!command.exec) command.text = line.text.substr(begin, end - begin);
  for (StringArray::Item& item : array.items)
    command.argv.push_back(std::move(item.value));
  return command;
}

std::vector<ast::Word> json_or_blank_separated(const Statement& statement) {
  StringArray array = string_array(statement, statement.args_begin, statement.args_end);
  if (array.kind != StringArray::Kind::strings) return statement.blank_separated();
  std::vector<ast::Word> words;
  for (StringArray::Item& item : array.items) {
    words.push_back({std::move(item.value), statement.line->range(item.begin, item.end)});
  }
  return words;
}

ast::Cmd ast::Cmd::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  return ast::Cmd{std::move(info), command_or_nothing(statement)};
}

ast::Entrypoint ast::Entrypoint::parse(const Statement& statement,
                                       const Flags& /*flags*/,
                                       ast::Info info) {
  return ast::Entrypoint{std::move(info), command_or_nothing(statement)};
}

ast::Shell ast::Shell::parse(const Statement& statement, const Flags& /*flags*/, ast::Info info) {
  ast::Command command = required_command(statement);
  if (!command.exec) {
    throw DockerfileError(
        command.range,
        "SHELL requires the arguments to be in JSON form: write SHELL [\"/bin/sh\", \"-c\"]");
  }
  if (command.argv.empty()) throw statement.error("SHELL requires at least one argument");
  return ast::Shell{std::move(info), std::move(command.argv)};
}

ast::Healthcheck ast::Healthcheck::parse(const Statement& statement,
                                         const Flags& flags,
                                         ast::Info info) {
  ast::Healthcheck check;
  check.info = std::move(info);
  const std::vector<ast::Word> words = statement.blank_separated();
  if (words.empty()) throw statement.error("HEALTHCHECK requires at least one argument");
  const std::string type = to_upper(words.front().text);
  if (type == "NONE") {
    if (words.size() > 1) throw statement.error("HEALTHCHECK NONE takes no arguments");
    check.none = true;
    return check;
  }
  if (type != "CMD") {
    throw DockerfileError(words.front().range,
                          fmt::format("Unknown type {} in HEALTHCHECK (try CMD)", quoted(type)));
  }
  const std::string_view text = statement.line->text;
  const std::size_t begin =
      text.find_first_not_of(" \t\v\f\r", statement.args_begin + words.front().text.size());
  if (begin != text.npos) check.command = parse_command(statement, begin, statement.args_end);
  if (check.command.text.empty() && check.command.argv.empty()) {
    throw statement.error("Missing command after HEALTHCHECK CMD");
  }
  check.interval = parse_interval(flags, "interval");
  check.timeout = parse_interval(flags, "timeout");
  check.start_period = parse_interval(flags, "start-period");
  check.start_interval = parse_interval(flags, "start-interval");
  check.retries = parse_retries(flags);
  return check;
}

}  // namespace cbuild::frontend
