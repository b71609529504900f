// Runs git; see git.h.
#include "src/ops/git.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "cbuild/graph/remote.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/text.h"
#include "src/ops/paths.h"

namespace cbuild::ops {

namespace {

constexpr std::chrono::minutes kLongest{60};    // a slower transfer ends earlier: http.lowSpeedTime
constexpr std::uint64_t kMaxOutput = 64 << 20;  // of ls-remote: some repositories have 10^5 refs
constexpr std::size_t kShownError = 2000;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_full_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && is_hex(text);
}

bool may_be_abbreviated(std::string_view text) {
  return text.size() >= 4 && text.size() < 40 && is_hex(text);
}

/// A file that exists in memory only, for as long as the object lives.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& content)
      : fd_(::memfd_create("cbuild-git-config", MFD_CLOEXEC)) {
    if (!fd_) throw SysError("memfd_create");
    write_all(fd_.get(), as_bytes(content), "git configuration");
  }

  /// For child processes, too.
  std::string path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_.get()); }

 private:
  Fd fd_;
};

std::string config_value(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// What git said, without its own prefixes, in one line.
std::string last_words(const std::string& text) {
  std::vector<std::string> kept;
  for (const std::string& line : split(text, '\n')) {
    std::string_view words = trim(line);
    for (const std::string_view prefix : {"fatal: ", "error: ", "remote: "}) {
      if (words.starts_with(prefix)) words.remove_prefix(prefix.size());
    }
    if (!words.empty()) kept.emplace_back(words);
  }
  std::string result = join(kept, "; ");
  if (result.size() > kShownError) result.resize(kShownError);
  return printable(result);
}

/// Sets modes and times of everything beneath `directory`, which nobody else knows yet.
void make_uniform(const Fd& directory, const timespec& time) {
  const timespec times[2] = {time, time};
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    struct stat status {};

    if (::fstatat(directory.get(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      throw SysError("stat {}", entry.name);
    }
    if (S_ISDIR(status.st_mode)) {
      const Fd below = open_at(directory.get(), entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      ::fchmod(below.get(), 0755);
      make_uniform(below, time);
    } else if (S_ISREG(status.st_mode)) {
      const mode_t mode = (status.st_mode & 0100) != 0 ? 0755 : 0644;
      ::fchmodat(directory.get(), entry.name.c_str(), mode, 0);
    }
    ::utimensat(directory.get(), entry.name.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }
  ::futimens(directory.get(), times);
}

/// Removes every ".git" of a working tree, those of submodules too.
void remove_git_directories(const Fd& directory) {
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    if (entry.name == ".git") {
      remove_tree(directory.get(), entry.name);
      continue;
    }
    const Fd below(::openat(directory.get(), entry.name.c_str(),
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (below) remove_git_directories(below);
  }
}

}  // namespace

GitRepository::GitRepository(std::string store_root,
                             const graph::GitSource& source,
                             const Secrets& secrets,
                             const CancelToken& cancel)
    : source_(source), secrets_(secrets), cancel_(cancel), url_(source.url) {
  if (graph::is_http_url(url_)) {
    const auto begin = url_.find("://") + 3;
    const auto end = std::min(url_.find('/', begin), url_.size());
    const auto at = url_.substr(0, end).rfind('@');
    if (at != std::string::npos && at >= begin) {
      user_ = url_.substr(begin, at - begin);
      url_.erase(begin, at + 1 - begin);
    }
    host_ = url_.substr(begin, url_.find('/', begin) - begin);
  }
  cache_ = store_root + "/" + store::kRepositories + "/" + oci::Digest::of(url_).hex();
}

/// What every run of git is told. In a file, since git clears variables for its submodules, and
/// the words of a command are visible to everybody.
std::string GitRepository::configuration(Reach reach) const {
  std::string text =
      "[core]\n\thooksPath = /dev/null\n\tattributesFile = /dev/null\n\texcludesFile = /dev/null\n"
      "\tfsmonitor = false\n\tautocrlf = false\n\tlogAllRefUpdates = false\n"
      "[init]\n\ttemplateDir =\n\tdefaultBranch = main\n"
      "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n"
      "[protocol]\n\tversion = 2\n[safe]\n\tdirectory = *\n"
      "[http]\n\tlowSpeedLimit = 1024\n\tlowSpeedTime = 60\n"
      "[fetch]\n\tfsckObjects = false\n[submodule]\n\trecurse = false\n";
  if (reach == Reach::network && !host_.empty()) {
    if (const auto header = authorization()) {
      const std::string origin = url_.substr(0, url_.find("://") + 3) + host_ + "/";
      text += fmt::format("[http {}]\n\textraHeader = {}\n", config_value(origin),
                          config_value("Authorization: " + *header));
    }
  }
  return text;
}

std::optional<std::string> GitRepository::authorization() const {
  if (user_) return "basic " + base64_encode(*user_);
  for (const std::string& suffix : {"." + host_, std::string()}) {
    if (const auto header = secrets_.find("GIT_AUTH_HEADER" + suffix); header != secrets_.end()) {
      return std::string(trim(header->second));
    }
    if (const auto token = secrets_.find("GIT_AUTH_TOKEN" + suffix); token != secrets_.end()) {
      return "basic " + base64_encode("x-access-token:" + std::string(trim(token->second)));
    }
  }
  return std::nullopt;
}

std::vector<std::string> GitRepository::environment(Reach reach,
                                                    const std::string& configuration_file) const {
  std::vector<std::string> result = {
      "LC_ALL=C",
      "GIT_CONFIG_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=" + configuration_file,
      "GIT_TERMINAL_PROMPT=0",
      "GIT_ASKPASS=/bin/false",
      "SSH_ASKPASS_REQUIRE=never",
      "GIT_NO_REPLACE_OBJECTS=1",
      std::string("GIT_ALLOW_PROTOCOL=") +
          (reach == Reach::network ? "http:https:ssh:git" : "file"),
  };
  constexpr std::array kPassed = {"PATH",          "HOME",      "SSH_AUTH_SOCK", "http_proxy",
                                  "https_proxy",   "no_proxy",  "all_proxy",     "HTTPS_PROXY",
                                  "NO_PROXY",      "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
                                  "GIT_SSL_CAINFO"};
  for (const char* name : kPassed) {
    if (const char* value = ::secure_getenv(name))
      result.push_back(fmt::format("{}={}", name, value));
  }
  // Inside the user namespace ssh takes us for root, whose home is another one.
  const char* home = ::secure_getenv("HOME");
  const std::string ssh =
      home == nullptr || std::string_view(home).find_first_of("' \t") != std::string_view::npos
          ? ""
          : fmt::format(" -o UserKnownHostsFile={}/.ssh/known_hosts", home);
  result.push_back("GIT_SSH_COMMAND=ssh -o BatchMode=yes" + ssh);
  return result;
}

ProcessResult GitRepository::try_git(std::vector<std::string> words, Reach reach) const {
  if (!find_program("git")) {
    throw Error("the program git is not installed; {} needs it",
                printable(graph::without_credentials(source_.url)))
        .with_hint("install it (Debian: apt install git)");
  }
  const MemoryFile configured(configuration(reach));
  ProcessOptions options;
  options.argv = {"git"};
  options.argv.insert(options.argv.end(), std::make_move_iterator(words.begin()),
                      std::make_move_iterator(words.end()));
  options.timeout = kLongest;
  options.output_limit = kMaxOutput;
  options.environment = environment(reach, configured.path());
  return run_process(options, cancel_);
}

void GitRepository::fail(const ProcessResult& result) const {
  Error error(ErrorKind::network, "git: {}: {}", printable(graph::without_credentials(source_.url)),
              result.err.empty() ? fmt::format("git ended with {}", result.exit_code)
                                 : last_words(result.err));
  const bool denied = result.err.find("could not read Username") != std::string::npos ||
                      result.err.find("Authentication failed") != std::string::npos;
  if (denied) error.with_hint("a private repository wants --secret id=GIT_AUTH_TOKEN");
  if (result.err.find("Host key verification failed") != std::string::npos) {
    error.with_hint("add the key of the host to ~/.ssh/known_hosts (ssh-keyscan)");
  }
  throw error;
}

std::string GitRepository::git(std::vector<std::string> words, Reach reach) const {
  ProcessResult result = try_git(std::move(words), reach);
  if (result.exit_code != 0) fail(result);
  return std::move(result.out);
}

/// Branches before tags, as git checkout has it; of an annotated tag its commit.
std::string GitRepository::find_ref(const std::string& list) const {
  const std::string& ref = source_.ref;
  const std::string name = ref.starts_with("refs/") ? ref.substr(5) : ref;
  const std::array<std::string, 6> wanted = {
      ref.empty() ? "HEAD" : "refs/heads/" + ref,
      "refs/tags/" + ref + "^{}",
      "refs/tags/" + ref,
      "refs/" + name + "^{}",
      "refs/" + name,
      ref,
  };
  std::string best;
  std::size_t rank = wanted.size();
  for (const std::string& line : split(list, '\n')) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) continue;
    const auto found = std::ranges::find(wanted, line.substr(tab + 1));
    const auto at = static_cast<std::size_t>(found - wanted.begin());
    if (found == wanted.end() || at >= rank) continue;
    rank = at;
    best = line.substr(0, tab);
  }
  return best;
}

void GitRepository::check_commit(const std::string& commit) const {
  if (commit.starts_with(source_.checksum)) return;
  throw Error(ErrorKind::build, "{}: the commit is {}, but --checksum wants {}",
              printable(graph::without_credentials(source_.url)), commit, source_.checksum);
}

std::string GitRepository::resolve() {
  const std::string& ref = source_.ref;
  if (is_full_commit(ref)) {
    check_commit(ref);
    return ref;
  }
  if (ref.empty() && is_full_commit(source_.checksum)) return source_.checksum;
  std::string commit = find_ref(git({"ls-remote", "--", url_}, Reach::network));
  if (commit.empty() && may_be_abbreviated(ref)) commit = resolve_abbreviated();
  if (commit.empty()) {
    throw Error(ErrorKind::build, "{}: the repository has no {}",
                printable(graph::without_credentials(source_.url)),
                ref.empty() ? "default branch" : fmt::format("branch, tag or commit '{}'", ref));
  }
  if (!is_full_commit(commit)) throw Error("git named no commit: {}", printable(commit));
  check_commit(commit);
  return commit;
}

/// A server does not tell what begins with some digits: the whole history is needed.
std::string GitRepository::resolve_abbreviated() {
  prepare_cache();
  const std::vector<std::string> question = {"--git-dir=" + cache_, "rev-parse", "--verify",
                                             "--quiet", source_.ref + "^{commit}"};
  ProcessResult answer = try_git(question, Reach::local);
  if (answer.exit_code != 0) {
    fetch_everything();
    answer = try_git(question, Reach::local);
  }
  lock_ = Fd();
  return answer.exit_code == 0 ? std::string(trim(answer.out)) : std::string();
}

void GitRepository::prepare_cache() {
  make_directories(parent_of(cache_), 0700);
  lock_ = open_file(cache_ + ".lock", O_RDWR | O_CREAT, 0600);
  lock(lock_, LockMode::exclusive, "another build that fetches " + graph::without_credentials(url_),
       &cancel_);
  if (!read_file_if_exists(cache_ + "/HEAD")) {
    git({"init", "--quiet", "--bare", cache_}, Reach::local);
  }
}

bool GitRepository::has(const std::string& commit) {
  // With its tree: what a fetch that was killed left may be less.
  return try_git(
             {"--git-dir=" + cache_, "show-ref", "--verify", "--quiet", "refs/cbuild/" + commit},
             Reach::local)
             .exit_code == 0;
}

void GitRepository::fetch(const std::string& commit) {
  const std::string kept = ":refs/cbuild/" + commit;
  const std::vector<std::string> shallow = {
      "--git-dir=" + cache_,   "fetch", "--quiet", "--force", "--no-tags", "--depth=1",
      "--no-write-fetch-head", "--",    url_};
  std::vector<std::string> words = shallow;
  words.push_back(commit + kept);
  if (try_git(words, Reach::network).exit_code == 0) return;
  // Old servers give out tips only, and some nothing shallow at all.
  fetch_everything();
  git({"--git-dir=" + cache_, "update-ref", "refs/cbuild/" + commit, commit}, Reach::local);
}

void GitRepository::fetch_everything() {
  std::vector<std::string> words = {"--git-dir=" + cache_, "fetch", "--quiet", "--force",
                                    "--no-write-fetch-head"};
  if (read_file_if_exists(cache_ + "/shallow")) words.emplace_back("--unshallow");
  words.insert(words.end(),
               {"--", url_, "+refs/heads/*:refs/remotes/*", "+refs/tags/*:refs/tags/*"});
  git(words, Reach::network);
}

void GitRepository::check_out(const std::string& commit, const std::string& directory) {
  prepare_cache();
  if (!has(commit)) fetch(commit);
  const std::string tree = "--git-dir=" + directory + "/.git";
  const std::string work = "--work-tree=" + directory;
  git({"init", "--quiet", directory}, Reach::local);
  git({tree, "fetch", "--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head",
       "file://" + cache_, "refs/cbuild/" + commit + ":refs/cbuild/" + commit},
      Reach::local);
  lock_ = Fd();
  git({tree, work, "checkout", "--quiet", "--detach", commit, "--"}, Reach::local);
  git({tree, "update-ref", "-d", "refs/cbuild/" + commit}, Reach::local);
  git({tree, "config", "remote.origin.url", url_}, Reach::local);
  const bool has_submodules = ::access((directory + "/.gitmodules").c_str(), F_OK) == 0;
  if (source_.submodules && has_submodules) {
    git({"-C", directory, "submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"},
        Reach::network);
  }
  finish_files(commit, directory);
}

void GitRepository::finish_files(const std::string& commit, const std::string& directory) {
  const std::string time =
      git({"--git-dir=" + directory + "/.git", "show", "--no-patch", "--format=%ct", commit, "--"},
          Reach::local);
  const auto seconds = parse_uint(trim(time));
  const Fd root = open_directory(directory);
  if (source_.keep_git_directory) {
    // The index holds times and inodes; without them equal commits are equal files.
    git({"--git-dir=" + directory + "/.git", "read-tree", commit}, Reach::local);
  } else {
    remove_git_directories(root);
  }
  make_uniform(root, {static_cast<time_t>(seconds.value_or(0)), 0});
}

}  // namespace cbuild::ops
