// Lowers COPY and ADD.
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/graph/remote.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/stage_lowering.h"
#include "frontend/dockerfile/step.h"

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
      fmt::format(
          "invalid chmod parameter: '{}'. it should be octal string and between 0 and 07777 "
          "(such as 0755), or symbolic like u=rwX,go=rX",
          mode));
}

/// @param empty  the variables of `word` that are unset or empty
void check_owner(const ast::Word& word,
                 const std::string& owner,
                 const std::vector<std::string>& empty = {}) {
  if (owner != ":" && std::ranges::count(owner, ':') <= 1) return;
  std::string message =
      fmt::format("invalid --chown '{}' (want USER, USER:GROUP or :GROUP)", printable(owner));
  if (!empty.empty()) {
    message +=
        fmt::format(": {} {} no value", join(empty, " and "), empty.size() == 1 ? "has" : "have");
  }
  throw DockerfileError(word.range, message);
}

/// @throws DockerfileError for a repository's URL that is ill-formed
std::optional<graph::GitSource> git_source(const ast::Word& word, const std::string& source) {
  try {
    return graph::parse_git_source(source);
  } catch (const Error& error) {
    throw DockerfileError(word.range, error.what());
  }
}

[[noreturn]] void refuse_checksum(const ast::Add& add, std::string_view why) {
  throw DockerfileError(add.checksum->range, fmt::format("--checksum {}", why));
}

oci::Digest file_checksum(const ast::Add& add, const std::string& checksum) {
  const auto digest = oci::Digest::try_parse(checksum);
  if (!digest) {
    refuse_checksum(add, fmt::format("'{}' is not the digest of a file (want sha256: and 64 "
                                     "hexadecimal digits)",
                                     printable(checksum)));
  }
  return *digest;
}

std::string commit_checksum(const ast::Add& add, const std::string& checksum) {
  const std::string commit = to_lower(checksum);
  if (commit.empty() || commit.size() > 64 ||
      commit.find_first_not_of("0123456789abcdef") != std::string::npos) {
    refuse_checksum(add, fmt::format("'{}' is not the id of a commit (want hexadecimal digits)",
                                     printable(checksum)));
  }
  return commit;
}

/// @pre there is a checksum
void check_number_of_sources(const ast::Add& add) {
  if (add.transfer.sources.size() + add.transfer.heredocs.size() > 1)
    refuse_checksum(add, "can't be specified for multiple sources");
  if (add.transfer.sources.empty())
    refuse_checksum(add, "can only be specified for URLs and git repositories");
}

using RemoteSource = std::variant<graph::HttpSource, graph::GitSource>;

/// What a `source` of ADD that is a URL names; nullopt for one of the context.
std::optional<RemoteSource> remote_source(const ast::Add& add,
                                          const ast::Word& word,
                                          const std::string& source,
                                          const std::optional<std::string>& checksum) {
  if (auto git = git_source(word, source)) {
    git->keep_git_directory = git->keep_git_directory || add.keep_git_dir;
    if (checksum) {
      const std::string commit = commit_checksum(add, *checksum);
      if (!git->checksum.empty() && git->checksum != commit) {
        refuse_checksum(add, fmt::format("wants another commit than the URL: {}", git->checksum));
      }
      git->checksum = commit;
    }
    return *git;
  }
  if (is_http_url(source)) {
    graph::HttpSource http{source, std::nullopt};
    if (checksum) http.checksum = file_checksum(add, *checksum);
    return http;
  }
  if (checksum) refuse_checksum(add, "can only be specified for URLs and git repositories");
  return std::nullopt;
}

/// The value of a flag; nullopt when it is empty: `ARG OWNER` without a value switches
/// `--chown=$OWNER` off.
std::optional<std::string> expand_flag(const StageLowering& stage,
                                       const std::optional<ast::Word>& word) {
  if (!word) return std::nullopt;
  std::string value = stage.expand(*word);
  if (value.empty()) return std::nullopt;
  return value;
}

/// A COPY or ADD under way.
struct ExpandedTransfer {
  graph::Copy op;                         ///< `destination` as written, expanded
  std::vector<graph::WrittenWord> flags;  ///< whose values may turn out to be wrong
};

ExpandedTransfer lower_transfer(StageLowering& stage, const ast::Transfer& transfer) {
  ExpandedTransfer result;
  graph::Copy& op = result.op;
  for (const ast::Word& word : transfer.sources)
    op.sources.push_back(stage.expand(word));
  for (const ast::Heredoc& heredoc : transfer.heredocs)
    op.inline_files.push_back({heredoc.name, stage.expand_heredoc(heredoc)});
  for (const ast::Word& word : transfer.excludes) {
    const auto pattern = expand_flag(stage, word);
    if (!pattern) continue;
    op.excludes.push_back(*pattern);
    result.flags.push_back(stage.written(word, *pattern));
  }
  if (const auto owner = expand_flag(stage, transfer.chown)) {
    op.owner = *owner;
    result.flags.push_back(stage.written(*transfer.chown, op.owner));
    check_owner(*transfer.chown, op.owner, stage.empty_variables(*transfer.chown));
  }
  if (const auto mode = expand_flag(stage, transfer.chmod)) {
    op.mode = *mode;
    check_mode(*transfer.chmod, op.mode);
  }
  op.link = transfer.link && op.mode.empty();  // as BuildKit: with --chmod it is without effect
  op.destination = stage.expand(transfer.destination);
  return result;
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

/// Adds the step of `done`, which `written` became.
/// @param name  of the instruction, as the history has it
/// @param from  where the sources are; empty when all are here-documents
void add_step(StageLowering& stage,
              const ast::Transfer& written,
              ExpandedTransfer done,
              const std::string& name,
              const std::string& from_flag,
              std::vector<graph::VertexId> from) {
  graph::Copy& op = done.op;
  Step step;
  std::string flags = op.link ? " --link" : "";
  for (const std::string& exclude : op.excludes)
    flags += " --exclude=" + exclude;
  const std::string text = operands(op);
  step.label = name + from_flag + flags + text;
  step.created_by = name + text + " # buildkit";
  op.destination = stage.absolute(op.destination, true);
  for (std::size_t i = 0; i < op.sources.size(); ++i)
    step.words.push_back(stage.written(written.sources[i], op.sources[i]));
  for (graph::WrittenWord& flag : done.flags)
    step.words.push_back(std::move(flag));
  step.words.push_back(stage.written(written.destination, op.destination));
  step.inputs = std::move(from);
  step.op = std::move(op);
  stage.add(std::move(step));
}

void check_constants(const ast::Transfer& transfer) {
  if (transfer.chmod && is_constant(*transfer.chmod))
    check_mode(*transfer.chmod, transfer.chmod->text);
  if (transfer.chown && is_constant(*transfer.chown))
    check_owner(*transfer.chown, transfer.chown->text);
}

}  // namespace

void ast::Copy::check(const Options& /*options*/) const {
  check_constants(transfer);
  for (const Word& source : transfer.sources) {
    if (is_constant(source) && git_source(source, source.text)) {
      throw DockerfileError(source.range,
                            "source can't be a git repository for COPY: write ADD instead");
    }
  }
}

void ast::Copy::lower(StageLowering& stage) const {
  check(stage.options());  // again, for triggers
  ExpandedTransfer done = lower_transfer(stage, transfer);
  done.op.parents = parents;
  std::vector<graph::VertexId> inputs;
  if (from) {
    const NamedFiles files = stage.files_of(*from);
    done.op.from_context = files.is_directory;
    inputs.push_back(files.vertex);
  } else if (!done.op.sources.empty()) {
    inputs.push_back(stage.build_context());
  }
  add_step(stage, transfer, std::move(done), "COPY", from ? " --from=" + from->text : "",
           std::move(inputs));
}

void ast::Add::check(const Options& /*options*/) const {
  check_constants(transfer);
  std::optional<std::string> constant;
  if (checksum && is_constant(*checksum)) constant = checksum->text;
  if (constant) check_number_of_sources(*this);
  for (const Word& source : transfer.sources) {
    if (is_constant(source)) remote_source(*this, source, source.text, constant);
  }
}

void ast::Add::lower(StageLowering& stage) const {
  check(stage.options());  // again, for triggers
  ExpandedTransfer done = lower_transfer(stage, transfer);
  graph::Copy& op = done.op;
  const std::optional<std::string> expected = expand_flag(stage, checksum);
  if (expected) check_number_of_sources(*this);
  std::vector<graph::VertexId> inputs;
  std::optional<std::size_t> context_input;
  for (std::size_t i = 0; i < op.sources.size(); ++i) {
    const Word& word = transfer.sources[i];
    if (const auto remote = remote_source(*this, word, op.sources[i], expected)) {
      op.sources[i] = without_credentials(op.sources[i]);
      const graph::WrittenWord url = stage.written(word, op.sources[i]);
      inputs.push_back(
          std::visit([&](const auto& one) { return stage.remote(one, url); }, *remote));
      op.source_inputs.push_back(inputs.size());
    } else {
      if (!context_input) {
        inputs.push_back(stage.build_context());
        context_input = inputs.size();
      }
      op.source_inputs.push_back(*context_input);
    }
  }
  if (std::ranges::all_of(op.source_inputs, [](std::size_t input) { return input == 1; })) {
    op.source_inputs.clear();
  }
  op.unpack_archives = unpack.value_or(!op.sources.empty());
  op.unpack_downloads = unpack.value_or(false);
  add_step(stage, transfer, std::move(done), "ADD", "", std::move(inputs));
}

}  // namespace cbuild::frontend
