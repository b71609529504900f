// A subcommand: what it takes, what it does.
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace cbuild::cli {

class Args;
class Session;

class Command {
 public:
  virtual ~Command() = default;
  /// Names everything it takes. Called before run(); only the chosen command's is called.
  virtual void declare(Args& args) = 0;
  /// @return the exit code. @throws Error
  virtual int run(Session& session) = 0;
};

/// A row of the table of commands.
struct CommandEntry {
  std::string_view name;
  std::string_view summary;  ///< one line without full stop
  std::unique_ptr<Command> (*make)();
  bool removes = false;  ///< images or what belongs to them: never suggested lightly
};

/// All commands, in the order in which help lists them.
std::span<const CommandEntry> commands() noexcept;
const CommandEntry* find_command(std::string_view name) noexcept;

}  // namespace cbuild::cli
