// Runs git; see git_program.h.
#include "src/ops/sources/git_program.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/io.h"
#include "cbuild/util/process.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"

namespace cbuild::ops {

namespace {

constexpr std::chrono::minutes kLongest{60};  // a slower transfer ends earlier: http.lowSpeedTime
constexpr std::chrono::seconds kLongestSilence{90};
constexpr std::chrono::seconds kNoticedSilence{10};
constexpr std::uint64_t kMaxOutput = 64 << 20;  // of ls-remote: some repositories have 10^5 refs
constexpr std::size_t kShownError = 2000;

/// A configuration file in memory (memfd_create(2)), which disappears with the object.
class Memfd {
 public:
  explicit Memfd(const std::string& content)
      : fd_(::memfd_create("cbuild-git-config", MFD_CLOEXEC)) {
    if (!fd_) throw SysError("memfd_create");
    write_all(fd_.get(), as_bytes(content), "git configuration");
  }

  /// A path that child processes can open too.
  std::string path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_.get()); }

 private:
  Fd fd_;
};

/// Lines that git writes about a fetch that succeeds.
bool is_progress(std::string_view line) {
  const std::string_view beginnings[] = {
      "remote: Enumerating", "remote: Counting",  "remote: Compressing", "remote: Total",
      "Receiving objects",   "Unpacking objects", "Resolving deltas",    "Submodule path",
      "Cloning into",        "Submodule '"};
  return std::ranges::any_of(
      beginnings, [&](std::string_view beginning) { return line.starts_with(beginning); });
}

/// The error output of git in one line, without git's prefixes.
std::string last_words(const std::string& text) {
  std::vector<std::string> kept;
  for (const std::string& line : split(text, '\n')) {
    std::string_view words = trim(line);
    words.remove_prefix(words.rfind('\r') + 1);  // progress is written over
    if (is_progress(words)) continue;
    for (const std::string_view prefix : {"fatal: ", "error: ", "remote: "}) {
      if (words.starts_with(prefix)) words.remove_prefix(prefix.size());
    }
    if (!words.empty()) kept.emplace_back(words);
  }
  std::string result = join(kept, "; ");
  if (result.size() > kShownError) result.resize(kShownError);
  return printable(result);
}

}  // namespace

bool was_slow(const ProcessResult& result) {
  const auto says = [&](std::string_view words) {
    return result.err.find(words) != std::string::npos;
  };
  return says("Operation too slow") || says("timed out") || says("Timeout, server");
}

std::string GitProgram::address() const {
  return without_credentials(access_.url());
}

std::string GitProgram::shown() const {
  return printable(without_credentials(url_));
}

ProcessResult GitProgram::try_run(const std::vector<std::string>& words, GitReach reach) {
  if (!find_program("git")) {
    throw Error("the program git is not installed; {} needs it", shown())
        .with_hint("install it (Debian: apt install git)");
  }
  for (;;) {
    ProcessResult result = run_once(words, reach);
    if (result.exit_code == 0 || !access_.follow_redirect(result.err, reach)) return result;
  }
}

ProcessResult GitProgram::run_once(const std::vector<std::string>& words, GitReach reach) const {
  const Memfd configured(access_.configuration(reach));
  ProcessOptions options;
  options.argv = {"git"};
  options.argv.insert(options.argv.end(), words.begin(), words.end());
  options.timeout = kLongest;
  options.output_limit = kMaxOutput;
  options.environment = access_.environment(reach, configured.path());
  options.own_group = true;
  bool told = false;
  if (reach != GitReach::local) {
    options.on_silence = [&](std::chrono::milliseconds silence) { watch(silence, told); };
  }
  return run_process(options, cancel_);
}

/// git's progress lines show that the server is alive. A silent server is given as long as a
/// registry.
void GitProgram::watch(std::chrono::milliseconds silence, bool& told) const {
  const std::string repository = shown();
  if (silence >= kLongestSilence) {
    throw Error(ErrorKind::network, "git: {}: the server is silent: no data within {} s",
                repository, kLongestSilence.count());
  }
  if (silence < kNoticedSilence || told) return;
  told = true;
  access_.announce(fmt::format("{} has been silent for {} s; cbuild gives up in {} s", repository,
                               kNoticedSilence.count(),
                               (kLongestSilence - kNoticedSilence).count()));
}

void GitProgram::fail(const ProcessResult& result, GitReach reach) const {
  Error error(ErrorKind::network, "git: {}: {}", shown(),
              result.err.empty() ? fmt::format("git ended with {}", result.exit_code)
                                 : last_words(result.err));
  const auto says = [&](std::string_view words) {
    return result.err.find(words) != std::string::npos;
  };
  if (says("could not read Username") || says("Authentication failed")) {
    error.with_hint("give a token with --secret id=GIT_AUTH_TOKEN");
  } else if (says("Permission denied (publickey")) {
    error.with_hint("give an agent with --ssh default, or a key with --ssh default=FILE");
  } else if (says("Host key verification failed")) {
    error.with_hint("the key of the host is not the one in ~/.ssh/known_hosts");
  } else if (says("Could not resolve hostname") && !access_.is_caller(reach)) {
    error.with_hint("~/.ssh/config is not read for a Dockerfile and for submodules");
  }
  throw error;
}

std::string GitProgram::run(const std::vector<std::string>& words, GitReach reach) {
  ProcessResult result = try_run(words, reach);
  if (result.exit_code != 0) fail(result, reach);
  return std::move(result.out);
}

}  // namespace cbuild::ops
