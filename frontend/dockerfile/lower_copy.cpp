// Lowers COPY and ADD.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/lower.h"

namespace cbuild::frontend {

namespace {

bool is_octal_mode(std::string_view mode) {
  return !mode.empty() && mode.size() <= 5 &&
         mode.find_first_not_of("01234567") == std::string_view::npos &&
         (mode.size() <= 4 || mode.front() == '0');
}

/// One of "u=rwX", "go+r-w": chmod(1) without the octal and copying forms.
bool is_symbolic_clause(std::string_view clause) {
  const auto who = std::min(clause.find_first_not_of("ugoa"), clause.size());
  clause.remove_prefix(who);
  if (clause.empty()) return false;
  while (!clause.empty()) {
    if (std::string_view("+-=").find(clause.front()) == std::string_view::npos) return false;
    clause.remove_prefix(1);
    clause.remove_prefix(std::min(clause.find_first_not_of("rwxXstugo"), clause.size()));
  }
  return true;
}

void check_mode(const ast::Word& word, const std::string& mode) {
  const std::vector<std::string> clauses = split(mode, ',');
  if (is_octal_mode(mode) || std::ranges::all_of(clauses, is_symbolic_clause)) return;
  throw DockerfileError(
      word.range,
      fmt::format("invalid --chmod '{}' (want octal digits such as 0755, or u=rwX,go=rX)", mode));
}

void check_owner(const ast::Word& word, const std::string& owner) {
  const auto colons = std::ranges::count(owner, ':');
  if (!owner.empty() && owner != ":" && colons <= 1) return;
  throw DockerfileError(
      word.range, fmt::format("invalid --chown '{}' (want USER, USER:GROUP or :GROUP)", owner));
}

bool is_url(std::string_view source) {
  const std::string lower = to_lower(source.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://");
}

bool is_git(std::string_view source) {
  const std::string lower = to_lower(source.substr(0, 8));
  return lower.starts_with("git://") || lower.starts_with("ssh://") || lower.starts_with("git@");
}

void refuse_remote(const ast::Word& word, const std::string& source) {
  if (!is_url(source) && !is_git(source)) return;
  throw DockerfileError(word.range, fmt::format("ADD of a {} is not supported yet: {}",
                                                is_git(source) ? "git repository" : "URL", source));
}

/// What COPY and ADD have in common, expanded; `op.destination` too.
graph::Copy lower_transfer(StageLowering& stage, const ast::Transfer& transfer) {
  graph::Copy op;
  for (const ast::Word& word : transfer.sources) {
    op.sources.push_back(stage.expand(word));
    if (op.sources.back().empty()) {
      throw DockerfileError(
          word.range,
          fmt::format("the source {} is empty once its variables are expanded", word.text));
    }
  }
  for (const ast::Heredoc& heredoc : transfer.heredocs)
    op.inline_files.push_back({heredoc.name, stage.expand_heredoc(heredoc)});
  for (const ast::Word& word : transfer.excludes)
    op.excludes.push_back(stage.expand(word));
  if (transfer.chown) {
    op.owner = stage.expand(*transfer.chown);
    check_owner(*transfer.chown, op.owner);
  }
  if (transfer.chmod) {
    op.mode = stage.expand(*transfer.chmod);
    check_mode(*transfer.chmod, op.mode);
  }
  op.link = transfer.link;
  op.destination = stage.expand(transfer.destination);
  return op;
}

/// " --chown=1:2 --chmod=600 a.txt /y": what comes after the keyword in the history.
std::string operands(const graph::Copy& op) {
  std::string text;
  if (op.parents) text += " --parents";
  if (!op.owner.empty()) text += " --chown=" + op.owner;
  if (!op.mode.empty()) text += " --chmod=" + op.mode;
  for (const std::string& source : op.sources)
    text += " " + source;
  for (const graph::InlineFile& file : op.inline_files)
    text += " <<" + file.name;
  return text + " " + op.destination;
}

/// Adds the step; `from` is absent when all sources are here-documents.
void add_copy(StageLowering& stage,
              graph::Copy op,
              const std::string& label_start,
              const std::string& history_start,
              const std::vector<graph::VertexId>& from) {
  std::string flags = op.link ? " --link" : "";
  for (const std::string& exclude : op.excludes)
    flags += " --exclude=" + exclude;
  const std::string text = operands(op);
  op.destination = stage.absolute(op.destination, true);
  stage.add_layer(std::move(op), from, label_start + flags + text,
                  history_start + text + " # buildkit");
}

void check_constants(const ast::Transfer& transfer) {
  if (transfer.chmod && is_constant(*transfer.chmod))
    check_mode(*transfer.chmod, transfer.chmod->text);
  if (transfer.chown && is_constant(*transfer.chown))
    check_owner(*transfer.chown, transfer.chown->text);
}

}  // namespace

void check_instruction(const ast::Copy& copy) {
  check_constants(copy.transfer);
}

void check_instruction(const ast::Add& add) {
  check_constants(add.transfer);
  bool has_variable = false;
  for (const ast::Word& source : add.transfer.sources) {
    refuse_remote(source, source.text);
    has_variable = has_variable || !is_constant(source);
  }
  if (add.checksum && !has_variable) {
    throw DockerfileError(add.checksum->range,
                          "--checksum can only be specified for URLs and git repositories");
  }
}

void lower_instruction(StageLowering& stage, const ast::Copy& copy) {
  check_instruction(copy);
  graph::Copy op = lower_transfer(stage, copy.transfer);
  op.parents = copy.parents;
  std::string label = "COPY";
  std::vector<graph::VertexId> from;
  if (copy.from) {
    const Origin origin =
        find_origin(stage.file.stages(), stage.stage.index, *copy.from, stage.file.options());
    const auto* context = std::get_if<ContextOrigin>(&origin);
    op.from_context = context && context->kind == ContextKind::directory;
    from.push_back(stage.file.source(origin, stage.stage, stage.placed(*copy.from)));
    label += " --from=" + copy.from->text;
  } else if (!op.sources.empty()) {
    from.push_back(stage.file.build_context());
  }
  add_copy(stage, std::move(op), label, "COPY", from);
}

void lower_instruction(StageLowering& stage, const ast::Add& add) {
  check_instruction(add);
  graph::Copy op = lower_transfer(stage, add.transfer);
  for (std::size_t i = 0; i < op.sources.size(); ++i)
    refuse_remote(add.transfer.sources[i], op.sources[i]);
  if (add.checksum) {
    throw DockerfileError(add.checksum->range,
                          "--checksum can only be specified for URLs and git repositories");
  }
  op.unpack_archives = add.unpack.value_or(!op.sources.empty());
  std::vector<graph::VertexId> from;
  if (!op.sources.empty()) from.push_back(stage.file.build_context());
  add_copy(stage, std::move(op), "ADD", "ADD", from);
}

}  // namespace cbuild::frontend
