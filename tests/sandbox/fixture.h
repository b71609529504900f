// What the tests of running sandboxes share: a root file system with busybox, and ways to look at
// what happened. They run as root or as a user with subordinate ids.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/run.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild::sandbox {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Paths = std::set<std::string>;

/// Entered.
Workspace& workspace();

/// A token that nobody cancels.
const CancelToken& never();

struct Outcome {
  ExitStatus status;
  std::string out;
  std::string err;
};

/// A directory with an overlay of a root file system of busybox; removed at the end. Where steps
/// are isolated by chroot the root is "lower" itself.
class Root {
 public:
  Root();
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root();

  Outcome run(std::vector<std::string> argv);

  /// Stdout of a script that succeeds.
  std::string sh(const std::string& script);

  fs::path upper() const { return base / "upper"; }

  fs::path base;
  Spec spec;
};

/// What a run of the probe (probe.cpp) tells: outcomes by name.
std::map<std::string, std::string> probe(Root& root, std::vector<std::string> arguments = {});

void write_file(const fs::path& path, std::string_view content);

/// All paths beneath `directory`, relative to it.
Paths tree_of(const fs::path& directory);

/// How many processes of this machine have `word` among their arguments.
int count_processes(const std::string& word);

/// Whether it becomes `wanted` within five seconds.
bool count_becomes(const std::string& word, int wanted);

double seconds_since(Clock::time_point start);

/// Message and hint of what `action` throws; empty when it throws no Error.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.what()) + " / " + error.hint();
  }
  return {};
}

}  // namespace cbuild::sandbox
