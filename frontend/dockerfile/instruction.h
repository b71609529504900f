// The instructions of a Dockerfile as data: one struct each, with its source ranges. Nothing is
// expanded yet.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frontend/dockerfile/ast_parts.h"
#include "frontend/dockerfile/run_mount.h"
#include "frontend/dockerfile/traits.h"
#include "frontend/dockerfile/words.h"

namespace cbuild::frontend {

class Flags;
class StageLowering;
struct Options;
struct Statement;

namespace ast {

/// Every struct of the variant Instruction has these members, and nothing else decides how it is
/// treated:
///
///     static constexpr Traits kTraits;
///     /// Makes the instruction of a statement whose flags are in kTraits and whose heredoc bodies
///     /// have been read. @throws DockerfileError
///     static T parse(const Statement& statement, const Flags& flags, Info info);
///     /// Finds what is wrong or not supported, whatever the base image holds.
///     /// @throws DockerfileError
///     void check(const Options& options) const;
///     /// Lists its words.
///     void collect(Words& words) const;
///     /// Changes the stage: its config here and now, its files by a vertex of the graph.
///     /// @throws DockerfileError
///     void lower(StageLowering& stage) const;

struct From {
  static constexpr std::array<FlagRule, 1> kFlags{{{"platform", FlagRule::Type::text}}};
  static constexpr Traits kTraits{"FROM", ArgumentForm::words, Effect::stages, kFlags};

  static From parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& /*words*/) const {}

  void lower(StageLowering& /*stage*/) const {}

  Info info;
  Word image;
  std::optional<Word> platform;  ///< --platform
  std::string stage;             ///< name after AS in lower case; empty = none
  Word stage_as_written;         ///< the same as written; empty = none
  std::string as_keyword;        ///< "AS" as written; empty = none
};

struct Run {
  static constexpr std::array<FlagRule, 4> kFlags{{{"mount", FlagRule::Type::list},
                                                   {"network", FlagRule::Type::text},
                                                   {"security", FlagRule::Type::text},
                                                   {"device", FlagRule::Type::list}}};
  static constexpr Traits kTraits{"RUN", ArgumentForm::command, Effect::layer, kFlags, true};

  static Run parse(const Statement& statement, const Flags& flags, Info info);
  void check(const Options& options) const;

  void collect(Words& words) const {
    for (const RunMount& mount : mounts)
      mount.collect(words);
    Words::add(words.scripts, heredocs);
  }

  void lower(StageLowering& stage) const;

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

/// The members that COPY and ADD share.
struct Transfer {
  void collect(Words& words) const {
    words.expands(chown);
    words.expands(chmod);
    words.expands(excludes);
    words.expands(sources);
    words.expands(destination);
    Words::add(words.files, heredocs);
  }

  std::vector<Word> sources;      ///< paths (and URLs of ADD), without the heredocs
  std::vector<Heredoc> heredocs;  ///< the sources that are files made here
  Word destination;
  std::optional<Word> chown;
  std::optional<Word> chmod;
  std::vector<Word> excludes;
  bool link = false;
};

struct Copy {
  static constexpr std::array<FlagRule, 6> kFlags{{{"from", FlagRule::Type::text},
                                                   {"chown", FlagRule::Type::text},
                                                   {"chmod", FlagRule::Type::text},
                                                   {"link", FlagRule::Type::boolean},
                                                   {"parents", FlagRule::Type::boolean},
                                                   {"exclude", FlagRule::Type::list}}};
  static constexpr Traits kTraits{"COPY", ArgumentForm::json_or_words, Effect::layer, kFlags, true};

  static Copy parse(const Statement& statement, const Flags& flags, Info info);
  void check(const Options& options) const;

  void collect(Words& words) const {
    words.origin(from);
    transfer.collect(words);
  }

  void lower(StageLowering& stage) const;

  Info info;
  Transfer transfer;
  std::optional<Word> from;  ///< --from; never a variable
  bool parents = false;
};

struct Add {
  static constexpr std::array<FlagRule, 7> kFlags{{{"chown", FlagRule::Type::text},
                                                   {"chmod", FlagRule::Type::text},
                                                   {"link", FlagRule::Type::boolean},
                                                   {"keep-git-dir", FlagRule::Type::boolean},
                                                   {"checksum", FlagRule::Type::text},
                                                   {"unpack", FlagRule::Type::boolean},
                                                   {"exclude", FlagRule::Type::list}}};
  static constexpr Traits kTraits{"ADD", ArgumentForm::json_or_words, Effect::layer, kFlags, true};

  static Add parse(const Statement& statement, const Flags& flags, Info info);
  void check(const Options& options) const;

  void collect(Words& words) const {
    words.expands(checksum);
    transfer.collect(words);
  }

  void lower(StageLowering& stage) const;

  Info info;
  Transfer transfer;
  std::optional<Word> checksum;
  bool keep_git_dir = false;
  std::optional<bool> unpack;  ///< absent: local archives yes, URLs no
};

struct Env {
  static constexpr Traits kTraits{"ENV", ArgumentForm::pairs, Effect::config};

  static Env parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& words) const { words.expands(values); }

  void lower(StageLowering& stage) const;

  Info info;
  std::vector<KeyValue> values;
  bool legacy = false;  ///< `ENV K V`
};

struct Label {
  static constexpr Traits kTraits{"LABEL", ArgumentForm::pairs, Effect::config};

  static Label parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& words) const { words.expands(values); }

  void lower(StageLowering& stage) const;

  Info info;
  std::vector<KeyValue> values;
  bool legacy = false;  ///< `LABEL K V`
};

struct ArgDeclaration {
  Word name;
  std::optional<Word> value;
};

struct Arg {
  static constexpr Traits kTraits{"ARG", ArgumentForm::quoted_words, Effect::config};

  static Arg parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& words) const {
    for (const ArgDeclaration& declaration : declarations)
      words.expands(declaration.value);
  }

  void lower(StageLowering& stage) const;

  Info info;
  std::vector<ArgDeclaration> declarations;
};

struct Workdir {
  static constexpr Traits kTraits{"WORKDIR", ArgumentForm::whole, Effect::layer};

  static Workdir parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& words) const { words.expands(path); }

  void lower(StageLowering& stage) const;

  Info info;
  Word path;
};

struct User {
  static constexpr Traits kTraits{"USER", ArgumentForm::whole, Effect::config};

  static User parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& words) const { words.expands(user); }

  void lower(StageLowering& stage) const;

  Info info;
  Word user;
};

struct Expose {
  static constexpr Traits kTraits{"EXPOSE", ArgumentForm::words, Effect::config};

  static Expose parse(const Statement& statement, const Flags& flags, Info info);
  void check(const Options& options) const;

  void collect(Words& words) const { words.expands(ports); }

  void lower(StageLowering& stage) const;

  Info info;
  std::vector<Word> ports;  ///< each may become several words, or a range, when expanded
};

struct Volume {
  static constexpr Traits kTraits{"VOLUME", ArgumentForm::json_or_words, Effect::config};

  static Volume parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& words) const { words.expands(paths); }

  void lower(StageLowering& stage) const;

  Info info;
  std::vector<Word> paths;
};

struct Cmd {
  static constexpr Traits kTraits{"CMD", ArgumentForm::command, Effect::config};

  static Cmd parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& /*words*/) const {}

  void lower(StageLowering& stage) const;

  Info info;
  Command command;
};

struct Entrypoint {
  static constexpr Traits kTraits{"ENTRYPOINT", ArgumentForm::command, Effect::config};

  static Entrypoint parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& /*words*/) const {}

  void lower(StageLowering& stage) const;

  Info info;
  Command command;
};

struct Shell {
  static constexpr Traits kTraits{"SHELL", ArgumentForm::command, Effect::config};

  static Shell parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& /*words*/) const {}

  void lower(StageLowering& stage) const;

  Info info;
  std::vector<std::string> argv;  ///< at least one
};

struct Stopsignal {
  static constexpr Traits kTraits{"STOPSIGNAL", ArgumentForm::whole, Effect::config};

  static Stopsignal parse(const Statement& statement, const Flags& flags, Info info);
  void check(const Options& options) const;

  void collect(Words& words) const { words.expands(signal); }

  void lower(StageLowering& stage) const;

  Info info;
  Word signal;
};

struct Healthcheck {
  static constexpr std::array<FlagRule, 5> kFlags{{{"interval", FlagRule::Type::text},
                                                   {"timeout", FlagRule::Type::text},
                                                   {"start-period", FlagRule::Type::text},
                                                   {"start-interval", FlagRule::Type::text},
                                                   {"retries", FlagRule::Type::text}}};
  static constexpr Traits kTraits{"HEALTHCHECK", ArgumentForm::typed_command, Effect::config,
                                  kFlags};

  static Healthcheck parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& /*words*/) const {}

  void lower(StageLowering& stage) const;

  Info info;
  bool none = false;  ///< HEALTHCHECK NONE: the rest is empty
  Command command;
  std::optional<std::chrono::nanoseconds> interval, timeout, start_period, start_interval;
  std::optional<int> retries;
};

struct Trigger;

struct Onbuild {
  static constexpr Traits kTraits{"ONBUILD", ArgumentForm::instruction, Effect::config};

  void check(const Options& /*options*/) const {}

  void collect(Words& /*words*/) const {}

  void lower(StageLowering& stage) const;

  Info info;
  std::unique_ptr<const Trigger> trigger;  ///< never null
};

struct Maintainer {
  static constexpr Traits kTraits{"MAINTAINER", ArgumentForm::whole, Effect::config};

  static Maintainer parse(const Statement& statement, const Flags& flags, Info info);

  void check(const Options& /*options*/) const {}

  void collect(Words& /*words*/) const {}

  void lower(StageLowering& stage) const;

  Info info;
  std::string author;
};

/// A struct, so that a header can declare it.
struct Instruction : std::variant<From,
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
                                  Maintainer> {
  using variant::variant;
};

/// A trigger for the stages and images that are based on this one.
struct Trigger {
  /// As the image config keeps it, heredoc bodies included.
  std::string text;
  /// The parsed text. Its ranges count from the first line of the text; escape is always
  /// '\\'.
  Instruction instruction;
};

inline const Info& info_of(const Instruction& instruction) {
  return std::visit([](const auto& one) -> const Info& { return one.info; }, instruction);
}

inline const Traits& traits_of(const Instruction& instruction) {
  return std::visit([](const auto& one) -> const Traits& { return one.kTraits; }, instruction);
}

inline Words words_of(const Instruction& instruction) {
  Words words;
  std::visit([&](const auto& one) { one.collect(words); }, instruction);
  return words;
}

}  // namespace ast

}  // namespace cbuild::frontend
