// Declares the flags and arguments of a command, and writes its help. A thin layer over CLI11.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::cli {

/// Declared by a command, then filled from the words after its name. The variables handed in must
/// outlive the object and keep their values (the defaults) where the user says nothing.
class Args {
 public:
  enum class Need { required, optional };

  /// @param command  as users type it: "build"
  /// @param summary  one line without full stop: "Build an image from a Dockerfile"
  Args(std::string command, std::string summary);
  ~Args();
  Args(const Args&) = delete;
  Args& operator=(const Args&) = delete;

  /// Further lines of the help, below the summary.
  void describe(std::string text);
  void example(std::string command, std::string what);
  /// Options declared from here on are listed under `title` in the help.
  void group(std::string title);

  /// Positionals are filled in the order of their declaration.
  void positional(const std::string& name,
                  std::string& value,
                  const std::string& help,
                  Need need = Need::required);
  /// Takes all the words that are left. At most one, and the last.
  void positionals(const std::string& name,
                   std::vector<std::string>& values,
                   const std::string& help,
                   Need need = Need::required);

  /// `names` as in "-t,--tag"; `value_name` is shown in the help. Given twice, the last one counts.
  void option(const std::string& names,
              std::string& value,
              const std::string& value_name,
              const std::string& help);
  /// A number without sign.
  void option(const std::string& names,
              std::optional<std::uint64_t>& value,
              const std::string& value_name,
              const std::string& help);
  /// May be given several times.
  void option(const std::string& names,
              std::vector<std::string>& values,
              const std::string& value_name,
              const std::string& help);
  /// One of a few words. @throws Error(usage) from parse() for any other.
  void choice(const std::string& names,
              std::string& value,
              std::vector<std::string> words,
              const std::string& help);
  /// `--flag` or `--flag=true|false`.
  void flag(const std::string& names, bool& value, const std::string& help);
  /// `--flag`, which is `--flag=true`, or `--flag=WORD`, one of a few. @throws as choice()
  void flag(const std::string& names,
            std::string& value,
            std::vector<std::string> words,
            const std::string& help);

  /// Flags of other builders that change nothing in a result: accepted, and told about in
  /// warnings().
  void ineffective_flags(std::initializer_list<std::string_view> names);
  void ineffective_options(std::initializer_list<std::string_view> names);

  /// A flag that is known, and means something that cannot be done or is done in another way.
  struct Foreign {
    std::string_view name;
    std::string_view instead;  ///< what to do; may be empty
  };

  /// Such flags are refused by name, with that hint. They must outlive the object.
  void foreign(std::span<const Foreign> flags);

  /// Fills the variables. @throws Error(usage), with a hint where there is one.
  void parse(std::span<const std::string> words);

  bool help_wanted() const noexcept { return help_wanted_; }

  /// Warnings about flags that have no effect. Valid after parse().
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

  /// What --help prints.
  std::string help() const;

 private:
  struct Shown {
    std::string left;
    std::string help;
  };

  struct Group {
    std::string title;
    std::vector<Shown> rows;
  };

  struct Positional {
    std::string name;
    bool required;
    bool many;
  };

  struct Parser;

  void show_option(const std::string& names,
                   const std::string& value_name,
                   const std::string& help);
  std::vector<std::string> separate_values(std::span<const std::string> words) const;
  [[noreturn]] void refuse(const std::string& flag) const;
  /// Gives the words that no option took to positionals(), else refuses them.
  void take_leftovers();
  void check_positionals() const;
  std::string synopsis() const;

  std::string command_;
  std::string summary_;
  std::string description_;
  std::vector<Shown> arguments_;
  std::vector<Group> groups_{{"Options", {}}};
  std::vector<Shown> examples_;
  std::vector<Positional> positionals_;
  std::vector<std::string> known_flags_;
  std::vector<Foreign> foreign_;
  std::vector<std::string> ineffective_;
  std::vector<std::string> warnings_;
  bool help_wanted_ = false;
  std::unique_ptr<Parser> parser_;
};

}  // namespace cbuild::cli
