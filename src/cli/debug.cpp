// cbuild debug: show what was understood of a Dockerfile, a word or an ignore file.
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/offline_resolver.h"
#include "cbuild/frontend/describe.h"
#include "cbuild/frontend/describe_graph.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/io.h"
#include "cbuild/util/pattern.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/build_args.h"
#include "src/cli/build_options.h"
#include "src/cli/command.h"
#include "src/cli/debug_graph.h"
#include "src/cli/json_writer.h"
#include "src/cli/progress_text.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

constexpr std::uint64_t kMaxFile = 16 << 20;

Fd open_named(const std::string& path) {
  try {
    return open_input(path);
  } catch (const SysError& error) {
    if (error.code() != ENOENT) throw_as_usage(error);
    throw Error(ErrorKind::usage, "{}: no such file", printable(path));
  }
}

/// A build context must be there, though nothing is read of it.
void check_directory(const std::string& path) {
  try {
    open_directory(path);
  } catch (const SysError& error) {
    throw_as_usage(error);
  }
}

/// The text of a file, or of standard input for "-".
std::string read_text(const std::string& path) {
  if (path != "-") {
    FdSource file(open_named(path), path);
    return with_context(printable(path), [&] { return read_all(file, kMaxFile); });
  }
  SharedSource input(duplicate_of_stdin(), "standard input");
  return read_all(input, kMaxFile);
}

std::string shown_name(const std::string& path) {
  return path == "-" ? "Dockerfile" : path;
}

void write_instruction(JsonWriter& json, const frontend::DescribedInstruction& instruction) {
  using Form = frontend::DescribedInstruction::Form;
  json.begin_object();
  json.member("keyword", instruction.keyword);
  json.strings("flags", instruction.flags);
  json.key("form");
  if (instruction.form == Form::words) {
    json.null();
  } else {
    json.value(instruction.form == Form::exec ? "exec" : "shell");
  }
  json.strings("arguments", instruction.arguments);
  json.key("heredocs").begin_array();
  for (const frontend::DescribedHeredoc& heredoc : instruction.heredocs) {
    json.begin_object();
    json.member("name", heredoc.name);
    json.member("content", heredoc.content);
    json.member("expand", heredoc.expand);
    json.member("strip_tabs", heredoc.strip_tabs).end_object();
  }
  json.end_array();
  json.member("original", instruction.original);
  json.member("first_line", std::int64_t{instruction.first_line});
  json.member("last_line", std::int64_t{instruction.last_line});
  json.end_object();
}

class Debug final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Shows what was understood. 'ast FILE' prints the instructions of a Dockerfile as JSON. "
        "'graph FILE [CONTEXT]' prints the steps and the image config it amounts to; base images "
        "that the store does not hold count as empty. 'expand WORD [NAME=VALUE...]' expands the "
        "variables in a word. 'ignored IGNOREFILE PATH...' prints those of the paths that the "
        "file excludes. A FILE may be - for standard input.");
    args.positional("WHAT", what_, "ast, graph, expand or ignored");
    args.positionals("ARGUMENT", words_, "As told above");
    args.choice("--format", format_, {"text", "json", "dot"}, "How to print the graph");
    args.option("--build-arg", build_args_, "NAME[=VALUE]", "graph: value of an ARG; repeatable");
    args.option("--target", target_, "STAGE", "graph: the stage to build");
    args.flag("--words", as_words_, "expand: split the result at blanks, print one word a line");
    args.option("--escape", escape_, "CHARACTER", "expand: the escape character, \\ or `");
    args.example("cbuild debug ast Dockerfile", "the instructions, as JSON");
    args.example("cbuild debug graph --format dot Dockerfile | dot -Tsvg", "the steps, drawn");
    args.example("cbuild debug expand '${name%.*}' name=a.tar.gz", "prints a.tar");
    args.example("cbuild debug ignored .dockerignore src/a.o", "prints it if it is excluded");
  }

  int run(Session& session) override;

 private:
  void ast() const;
  void graph(Session& session) const;
  void expand() const;
  void ignored() const;
  void refuse_more_than(std::size_t count) const;

  std::string what_;
  std::vector<std::string> words_;
  std::vector<std::string> build_args_;
  std::string format_ = "text";
  std::string target_;
  std::string escape_ = "\\";
  bool as_words_ = false;
};

void Debug::refuse_more_than(std::size_t count) const {
  if (words_.size() <= count) return;
  throw Error(ErrorKind::usage, "unexpected argument '{}'", printable(words_[count]));
}

void Debug::ast() const {
  refuse_more_than(1);
  const std::string text = read_text(words_[0]);
  const auto instructions =
      build::with_lines(shown_name(words_[0]), text, [&] { return frontend::describe(text); });
  JsonWriter json;
  json.begin_array();
  for (const frontend::DescribedInstruction& instruction : instructions)
    write_instruction(json, instruction);
  json.end_array();
  write_result(json.take());
}

void Debug::graph(Session& session) const {
  refuse_more_than(2);
  if (words_.size() == 2) check_directory(words_[1]);
  const std::string text = read_text(words_[0]);
  frontend::Options options;
  options.target = target_;
  options.is_to_be_built = false;
  options.build_args = read_build_args(build_args_, process_environment);
  build::OfflineResolver images(session.existing_store());
  const auto lowered = build::with_lines(shown_name(words_[0]), text, [&] {
    return frontend::Dockerfile(text).lower(options, images, &images);
  });
  for (const std::string& name : images.unknown())
    warn(fmt::format("{} is not in the store: assumed to be empty", name));
  std::string result;
  if (format_ == "json") {
    result = graph_json(lowered);
  } else if (format_ == "dot") {
    result = graph_dot(lowered);
  } else {
    result = frontend::to_text(lowered);
  }
  write_result(::isatty(STDOUT_FILENO) == 1 ? printable_lines(result) : result);
}

void Debug::expand() const {
  if (escape_ != "\\" && escape_ != "`") {
    throw Error(ErrorKind::usage, "--escape: '{}' is not supported (want \\ or `)",
                printable(escape_));
  }
  std::map<std::string, std::string> variables;
  for (std::size_t i = 1; i < words_.size(); ++i) {
    const auto equals = words_[i].find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Error(ErrorKind::usage, "'{}': want NAME=VALUE", printable(words_[i]));
    }
    variables[words_[i].substr(0, equals)] = words_[i].substr(equals + 1);
  }
  if (!as_words_) {
    write_result(frontend::expand(words_[0], variables, escape_.front()) + "\n");
    return;
  }
  std::string result;
  for (const std::string& word : frontend::expand_to_words(words_[0], variables, escape_.front()))
    result += word + "\n";
  write_result(result);
}

void Debug::ignored() const {
  const IgnorePatterns patterns = with_context(
      printable(words_[0]), [&] { return IgnorePatterns::parse_file(read_text(words_[0])); });
  std::string result;
  for (std::size_t i = 1; i < words_.size(); ++i) {
    const std::string path = clean_path("/", words_[i]).substr(1);
    if (!path.empty() && patterns.excludes(path)) result += words_[i] + "\n";
  }
  write_result(result);
}

int Debug::run(Session& session) {
  static constexpr std::array<std::string_view, 4> kWhats{"ast", "graph", "expand", "ignored"};
  if (what_ == kWhats[0]) {
    ast();
  } else if (what_ == kWhats[1]) {
    graph(session);
  } else if (what_ == kWhats[2]) {
    expand();
  } else if (what_ == kWhats[3]) {
    ignored();
  } else {
    throw Error(ErrorKind::usage, "debug {}: unknown (want ast, graph, expand or ignored)",
                printable(what_));
  }
  return 0;
}

}  // namespace

std::unique_ptr<Command> make_debug() {
  return std::make_unique<Debug>();
}

}  // namespace cbuild::cli
