// Runs helper programs of the host (newuidmap, credential helpers, git). RUN steps are the
// sandbox's business.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cbuild {

class CancelToken;

struct ProcessResult {
  int exit_code = 0;  ///< 128 + n after signal n
  std::string out;
  std::string err;
};

struct ProcessOptions {
  std::vector<std::string> argv;             ///< argv[0] is looked up in PATH
  std::string input;                         ///< fed to stdin
  std::chrono::milliseconds timeout{30000};  ///< after which it is killed and an Error thrown
  std::uint64_t output_limit = 1 << 20;      ///< of each of stdout and stderr
  std::optional<std::vector<std::string>> environment;  ///< K=V; the caller's when absent
  std::string directory;  ///< working directory; the caller's when empty
  /// Killed together with its children. They are a process group, which the terminal's Ctrl-C does
  /// not reach and which cannot read from it.
  bool own_group = false;
  /// Called about every second while it writes nothing, with the time since it last did. May throw,
  /// which ends the process.
  std::function<void(std::chrono::milliseconds)> on_silence = {};
};

/// Runs a program to its end, without a shell. Output of children that outlive it is not waited
/// for.
/// @throws Error when it cannot be started, Interrupted when cancelled.
ProcessResult run_process(const ProcessOptions& options, const CancelToken& cancel);

/// The absolute path of a program in PATH, of which only the absolute directories count; nullopt
/// when there is none that may be executed.
std::optional<std::string> find_program(const std::string& name);

}  // namespace cbuild
