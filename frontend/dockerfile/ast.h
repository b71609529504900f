// A Dockerfile as data: one struct an instruction, every one with its source range. Nothing is
// expanded yet.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/graph/exec_mount.h"

namespace cbuild::frontend {

namespace ast {

/// A piece of the Dockerfile as it stands there: quotes, escapes and variables unprocessed,
/// continuations joined. Only the values of flags have lost their quotes and escapes, as in
/// BuildKit, and are expanded nevertheless.
struct Word {
  std::string text;
  SourceRange range;
};

/// A here-document: `<<NAME`, `<<-NAME`, `<<"NAME"`.
struct Heredoc {
  std::string name;         ///< without quotes
  std::string content;      ///< every line with its end; tabs stripped already when asked for
  bool expand = true;       ///< NAME was not quoted
  bool strip_tabs = false;  ///< `<<-`
  int descriptor = 0;       ///< the number before `<<`; 0 when there is none
  std::string tabbed;       ///< of `<<-`: the content with its tabs
  SourceRange range;        ///< the body with its terminator

  /// The body as it stands in the file.
  const std::string& verbatim() const { return strip_tabs ? tabbed : content; }
};

/// What all instructions have.
struct Info {
  SourceRange range;    ///< all of it: continuations and heredoc bodies too
  std::string keyword;  ///< as written: "RUN", "run"
  /// The whole instruction with continuations joined, blanks at both ends gone, no heredoc bodies.
  std::string original;
  /// The comments in the lines right above, without "#" and outer blanks: for `check=skip=` and
  /// descriptions.
  std::vector<Word> comments;
};

/// The command of RUN, CMD, ENTRYPOINT and HEALTHCHECK: exec form or shell form.
struct Command {
  bool exec = false;              ///< it is a JSON array of strings
  std::vector<std::string> argv;  ///< exec form
  std::string text;               ///< shell form
  SourceRange range;
};

struct KeyValue {
  Word key;
  Word value;
};

struct From {
  Info info;
  Word image;
  std::optional<Word> platform;  ///< --platform
  std::string stage;             ///< name after AS in lower case; empty = none
  Word stage_as_written;         ///< the same as written; empty = none
  std::string as_keyword;        ///< "AS" as written; empty = none
};

/// One --mount of RUN. Values are as written; evaluate_mount() of parse.h makes a graph::ExecMount
/// of them once variables are known. Values that hold no variable are checked by parse().
struct RunMount {
  graph::ExecMount::Type type = graph::ExecMount::Type::bind;
  std::optional<Word> type_word;  ///< set when variables say what the type is: `type` counts not
  Word text;                      ///< all of it, for messages
  std::optional<Word> from;       ///< never a variable
  std::optional<Word> source;
  std::optional<Word> target;
  std::optional<Word> id;
  std::optional<Word> sharing;
  std::optional<Word> mode;
  std::optional<Word> uid;
  std::optional<Word> gid;
  std::optional<Word> size;
  std::optional<Word> env;
  std::optional<Word> required;    ///< "true" when it stands without a value
  std::optional<Word> read_only;   ///< ro, readonly: the same
  std::optional<Word> read_write;  ///< rw, readwrite: the same
};

struct Run {
  enum class Network { unset, default_, none, host };
  enum class Security { unset, sandbox, insecure };

  Info info;
  /// Shell form: everything after the flags, `<<EOF` included.
  Command command;
  std::vector<Heredoc> heredocs;  ///< in order; never expanded in RUN
  /// The command is nothing but one `<<NAME`: the body is the script.
  bool heredoc_is_script = false;
  std::vector<RunMount> mounts;
  Network network = Network::unset;
  Security security = Security::unset;
  std::vector<Word> devices;  ///< --device
};

/// What COPY and ADD share.
struct Transfer {
  std::vector<Word> sources;      ///< paths (and URLs of ADD), without the heredocs
  std::vector<Heredoc> heredocs;  ///< the sources that are files made here
  Word destination;
  std::optional<Word> chown;
  std::optional<Word> chmod;
  std::vector<Word> excludes;
  bool link = false;
};

struct Copy {
  Info info;
  Transfer transfer;
  std::optional<Word> from;  ///< --from; never a variable
  bool parents = false;
};

struct Add {
  Info info;
  Transfer transfer;
  std::optional<Word> checksum;
  bool keep_git_dir = false;
  std::optional<bool> unpack;  ///< absent: local archives yes, URLs no
};

struct Env {
  Info info;
  std::vector<KeyValue> values;
  bool legacy = false;  ///< `ENV K V`
};

struct Label {
  Info info;
  std::vector<KeyValue> values;
  bool legacy = false;  ///< `LABEL K V`
};

struct ArgDeclaration {
  Word name;
  std::optional<Word> value;
};

struct Arg {
  Info info;
  std::vector<ArgDeclaration> declarations;
};

struct Workdir {
  Info info;
  Word path;
};

struct User {
  Info info;
  Word user;
};

struct Expose {
  Info info;
  std::vector<Word> ports;  ///< each may become several words, or a range, when expanded
};

struct Volume {
  Info info;
  std::vector<Word> paths;
};

struct Cmd {
  Info info;
  Command command;
};

struct Entrypoint {
  Info info;
  Command command;
};

struct Shell {
  Info info;
  std::vector<std::string> argv;  ///< at least one
};

struct Stopsignal {
  Info info;
  Word signal;
};

struct Healthcheck {
  Info info;
  bool none = false;  ///< HEALTHCHECK NONE: the rest is empty
  Command command;
  std::optional<std::chrono::nanoseconds> interval, timeout, start_period, start_interval;
  std::optional<int> retries;
};

struct Onbuild {
  Info info;
  /// The trigger as the image config keeps it, heredoc bodies included; parse_instruction() reads
  /// it. It has been parsed once: it is well formed.
  std::string trigger;
};

struct Maintainer {
  Info info;
  std::string author;
};

using Instruction = std::variant<From,
                                 Run,
                                 Copy,
                                 Add,
                                 Env,
                                 Arg,
                                 Workdir,
                                 User,
                                 Label,
                                 Expose,
                                 Volume,
                                 Cmd,
                                 Entrypoint,
                                 Shell,
                                 Stopsignal,
                                 Healthcheck,
                                 Onbuild,
                                 Maintainer>;

inline const Info& info_of(const Instruction& instruction) {
  return std::visit([](const auto& one) -> const Info& { return one.info; }, instruction);
}

/// The `# key=value` lines that may open a Dockerfile.
struct Directives {
  std::optional<Word> syntax;  ///< accepted, of no effect
  std::optional<Word> check;   ///< "skip=A,B;error=true": read by the lint
  std::optional<Word> escape_word;
  char escape = '\\';  ///< or '`'
};

}  // namespace ast

struct Ast {
  ast::Directives directives;
  std::vector<ast::Instruction> instructions;
  std::vector<Diagnostic> warnings;
};

}  // namespace cbuild::frontend
