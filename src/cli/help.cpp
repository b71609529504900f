// cbuild help: explain a command, or list them.
#include "src/cli/help.h"

#include <fmt/core.h>

#include "cbuild/frontend/rules.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "config.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/foreign_commands.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

/// The page of a rule when cbuild is installed, else where it is in the sources.
std::string page_text(const frontend::Rule& rule) {
  const auto page = read_file_if_exists(fmt::format(CBUILD_CHECKS_DIR "/{}.md", rule.name));
  if (page) return *page;
  return fmt::format(
      "{}: {}\n\n"
      "What it means, with examples: {} in the sources of cbuild\n",
      rule.name, rule.summary, frontend::page_of(rule.name));
}

/// A rule of --check.
std::string rule_help(const frontend::Rule& rule) {
  return fmt::format(
      "{}{}\n"
      "To silence it, write in the first line of the Dockerfile, or right above the instruction:\n"
      "  # check=skip={}\n",
      page_text(rule), rule.experimental ? "\nThe rule is experimental.\n" : "", rule.name);
}

constexpr const char* kListHint = "'cbuild help' lists the commands";

/// The command that `word` probably means. A command that removes something is suggested after a
/// slip of one letter only.
std::optional<std::string> command_meant(const std::string& word) {
  std::vector<std::string> harmless;
  std::vector<std::string> removing;
  for (const CommandEntry& entry : commands())
    (entry.removes ? removing : harmless).emplace_back(entry.name);
  if (auto near = nearest(word, harmless)) return near;
  return nearest(word, removing, 1);
}

class Help final : public Command {
 public:
  void declare(Args& args) override {
    args.positional("COMMAND|RULE", command_,
                    "Command or rule to explain (default: list the commands)",
                    Args::Need::optional);
    args.example("cbuild help build", "the flags of build");
    args.example("cbuild help UndefinedVar", "a rule of 'cbuild --check'");
    args.example("man cbuild", "the manual");
  }

  int run(Session&) override {
    if (command_.empty()) {
      write_result(overview());
      return 0;
    }
    if (const frontend::Rule* rule = frontend::find_rule(command_)) {
      write_result(rule_help(*rule));
      return 0;
    }
    const CommandEntry* entry = find_command(command_);
    if (entry == nullptr) throw unknown_command(command_);
    Globals globals;
    const auto command = entry->make();
    Args args{std::string(entry->name), std::string(entry->summary)};
    command->declare(args);
    declare_globals(args, globals);
    write_result(args.help());
    return 0;
  }

 private:
  std::string command_;
};

}  // namespace

std::string overview() {
  std::string text =
      "Usage: cbuild [COMMAND] [OPTIONS]\n"
      "       cbuild [build] [OPTIONS] PATH\n\n"
      "Builds OCI images from Dockerfiles, without a daemon and without root.\n\nCommands:\n";
  for (const CommandEntry& entry : commands()) {
    text += fmt::format("  {:<10} {}\n", entry.name, entry.summary);
  }
  return text +
         "\nExamples:\n  # build the image 'app' from ./Dockerfile; the word build may be left "
         "out\n  cbuild -t app .\n  # list the images\n  cbuild images\n  # give it to docker\n  "
         "cbuild save app | docker load\n\n'cbuild COMMAND --help' explains one command, 'man "
         "cbuild' explains all.\n";
}

Error unknown_command(const std::string& word) {
  if (const ForeignCommand* foreign = find_foreign_command(word)) {
    Error error(ErrorKind::usage, "unknown command '{}'", word);
    error.with_hint(foreign->instead.empty() ? kListHint : std::string(foreign->instead));
    return error;
  }
  const auto near = command_meant(word);
  Error error(ErrorKind::usage, "unknown command '{}'{}", printable(word),
              near ? fmt::format(" (did you mean {}?)", *near) : "");
  error.with_hint(kListHint);
  return error;
}

std::unique_ptr<Command> make_help() {
  return std::make_unique<Help>();
}

}  // namespace cbuild::cli
