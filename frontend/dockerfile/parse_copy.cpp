// Parses COPY and ADD.
#include <iterator>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/heredoc.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/parse_command.h"
#include "frontend/dockerfile/statement.h"

namespace cbuild::frontend {

namespace {

void refuse_too_few(const Statement& statement, const std::vector<ast::Word>& words) {
  if (words.size() >= 2) return;
  const std::string keyword = to_upper(statement.keyword);
  if (words.empty()) {
    throw statement.error(
        fmt::format("{} requires at least two arguments, a source and a "
                    "destination, but none was provided",
                    keyword));
  }
  throw statement.error(
      fmt::format("{} requires at least two arguments, but only one was provided. Destination "
                  "could not be determined",
                  keyword));
}

/// Makes one word of `<<` and the name behind it.
void join_heredoc_names(std::vector<ast::Word>& words) {
  for (auto word = words.begin(); word != words.end() && std::next(word) != words.end(); ++word) {
    if (!lacks_heredoc_name(word->text)) continue;
    const auto name = std::next(word);
    word->text += " " + name->text;
    word->range.last_line = name->range.last_line;
    word->range.end_column = name->range.end_column;
    words.erase(name);
  }
}

ast::Transfer parse_transfer(const Statement& statement, const Flags& flags) {
  std::vector<ast::Word> words = json_or_blank_separated(statement);
  if (!statement.heredocs.empty()) join_heredoc_names(words);
  refuse_too_few(statement, words);
  ast::Transfer transfer;
  transfer.chown = flags.text("chown");
  transfer.chmod = flags.text("chmod");
  transfer.excludes = flags.words("exclude");
  transfer.link = flags.boolean("link").value_or(false);
  transfer.destination = std::move(words.back());
  words.pop_back();

  // Both lists are in the order of the words.
  auto body = statement.heredocs.begin();
  const auto is_next_heredoc = [&](const ast::Word& word) {
    if (body == statement.heredocs.end()) return false;
    const auto heredoc = parse_heredoc_word(word.text);
    return heredoc && heredoc->name == body->name;
  };
  for (ast::Word& word : words) {
    if (is_next_heredoc(word)) {
      transfer.heredocs.push_back(*body++);
    } else {
      transfer.sources.push_back(std::move(word));
    }
  }
  if (is_next_heredoc(transfer.destination)) {
    throw DockerfileError(
        transfer.destination.range,
        fmt::format("{} cannot accept a heredoc as a destination", to_upper(statement.keyword)));
  }
  return transfer;
}

}  // namespace

ast::Copy ast::Copy::parse(const Statement& statement, const Flags& flags, ast::Info info) {
  ast::Copy copy{.info = std::move(info),
                 .transfer = parse_transfer(statement, flags),
                 .from = flags.text("from"),
                 .parents = flags.boolean("parents").value_or(false)};
  if (copy.from && copy.from->text.find('$') != std::string::npos) {
    throw DockerfileError(copy.from->range,
                          "variable expansion is not supported for --from, define a new stage with "
                          "FROM using ARG from global scope as a workaround");
  }
  for (const ast::Word& source : copy.transfer.sources) {
    if (source.text.starts_with("http://") || source.text.starts_with("https://")) {
      throw DockerfileError(source.range, "source can't be a URL for COPY: write ADD instead");
    }
  }
  return copy;
}

ast::Add ast::Add::parse(const Statement& statement, const Flags& flags, ast::Info info) {
  return ast::Add{.info = std::move(info),
                  .transfer = parse_transfer(statement, flags),
                  .checksum = flags.text("checksum"),
                  .keep_git_dir = flags.boolean("keep-git-dir").value_or(false),
                  .unpack = flags.boolean("unpack")};
}

}  // namespace cbuild::frontend
