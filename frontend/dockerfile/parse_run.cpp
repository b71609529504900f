// Parses RUN.
#include "frontend/dockerfile/heredoc.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/parse_command.h"
#include "frontend/dockerfile/statement.h"

namespace cbuild::frontend {

namespace {

ast::Run::Network parse_network(const Flags& flags) {
  using Network = ast::Run::Network;
  const auto word = flags.text_or_empty("network");
  if (!word) return Network::unset;
  if (word->text == "default") return Network::default_;
  if (word->text == "none") return Network::none;
  if (word->text == "host") return Network::host;
  throw DockerfileError(
      word->range,
      fmt::format("invalid network mode: {} (want default, none or host)", quoted(word->text)));
}

ast::Run::Security parse_security(const Flags& flags) {
  using Security = ast::Run::Security;
  const auto word = flags.text_or_empty("security");
  if (!word) return Security::unset;
  if (word->text == "sandbox") return Security::sandbox;
  if (word->text == "insecure") return Security::insecure;
  throw DockerfileError(
      word->range,
      fmt::format("invalid security mode: {} (want sandbox or insecure)", quoted(word->text)));
}

}  // namespace

ast::Run ast::Run::parse(const Statement& statement, const Flags& flags, ast::Info info) {
  ast::Run run;
  run.info = std::move(info);
  run.network = parse_network(flags);
  run.security = parse_security(flags);
  run.devices = flags.words("device");
  for (const UnquotedWord& mount : flags.list("mount")) {
    run.mounts.push_back(parse_mount(*statement.line, mount, statement.escape));
  }
  run.command = parse_command(statement, statement.args_begin, statement.args_end);
  if (run.command.exec && run.command.argv.empty()) {
    throw DockerfileError(run.command.range, "RUN requires a command: the array is empty");
  }
  run.heredocs = statement.heredocs;
  run.heredoc_is_script = !run.heredocs.empty() && parse_heredoc_word(run.command.text).has_value();
  return run;
}

}  // namespace cbuild::frontend
