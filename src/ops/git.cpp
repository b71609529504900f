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
#include <map>

#include "cbuild/graph/remote.h"
#include "cbuild/oci/digest.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/text.h"

namespace cbuild::ops {

namespace {

constexpr std::chrono::minutes kLongest{60};    // a slower transfer ends earlier: http.lowSpeedTime
constexpr std::uint64_t kMaxOutput = 64 << 20;  // of ls-remote: some repositories have 10^5 refs
constexpr std::size_t kShownError = 2000;
constexpr std::size_t kSha256Digits = 64;
constexpr const char* kAgent = "default";
constexpr const char* kKept = "refs/cbuild/";  // what is in the cache with all that it needs

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

/// What ls-remote tells.
struct RemoteRefs {
  std::map<std::string, std::string> ids;  ///< by full name; "NAME^{}": what the tag points to
  std::string head;                        ///< the branch that HEAD is

  std::size_t digits() const { return ids.empty() ? 0 : ids.begin()->second.size(); }

  std::optional<GitCommit> find(const std::string& name) const {
    const auto found = ids.find(name);
    if (found == ids.end()) return std::nullopt;
    const std::string ref = name == "HEAD" ? head : name;
    const auto peeled = ids.find(name + "^{}");
    if (peeled == ids.end()) return GitCommit{found->second, ref, {}};
    return GitCommit{peeled->second, ref, found->second};
  }
};

RemoteRefs parse_refs(const std::string& list) {
  constexpr std::string_view kLink = "ref: ";
  RemoteRefs refs;
  for (const std::string& line : split(list, '\n')) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) continue;
    if (line.starts_with(kLink)) {
      refs.head = line.substr(kLink.size(), tab - kLink.size());
    } else {
      refs.ids[line.substr(tab + 1)] = line.substr(0, tab);
    }
  }
  return refs;
}

std::string with_prefix(std::string_view prefix, const std::string& ref) {
  return ref.starts_with(prefix) ? ref : std::string(prefix) + ref;
}

/// Branches before tags, as git checkout has it.
std::vector<std::string> full_names(const std::string& ref) {
  if (ref.empty()) return {"HEAD"};
  return {with_prefix("refs/", ref), with_prefix("refs/heads/", ref),
          with_prefix("refs/tags/", ref), ref};
}

/// For an option of ssh within a shell's command. Nothing when it cannot be said.
std::string ssh_option(const std::string& name, const std::vector<std::string>& paths) {
  std::string option = " -o '" + name + "=";
  for (const std::string& path : paths) {
    if (path.find_first_of("'\"\n") != std::string::npos) return {};
    option += (&path == &paths.front() ? "\"" : " \"") + path + "\"";
  }
  return option + "'";
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
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    const Fd itself = open_itself(directory, entry.name);

    struct stat status {};

    if (::fstat(itself.get(), &status) != 0) throw SysError("stat {}", entry.name);
    if (S_ISDIR(status.st_mode)) {
      const Fd below = open_at(directory.get(), entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      set_mode(below, 0755);
      make_uniform(below, time);
    } else if (S_ISREG(status.st_mode)) {
      set_mode(itself, (status.st_mode & 0100) != 0 ? 0755 : 0644);
    }
    set_times(itself, time, time);
  }
  set_times(directory, time, time);
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
                             const GitCredentials& credentials,
                             const CancelToken& cancel)
    : source_(source), credentials_(credentials), cancel_(cancel), url_(source.url) {
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
  caches_ = store_root + "/" + store::kRepositories;
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
  const auto& secrets = credentials_.lent.secrets;
  for (const std::string& suffix : {"." + host_, std::string()}) {
    if (const auto header = secrets.find("GIT_AUTH_HEADER" + suffix); header != secrets.end()) {
      return std::string(trim(header->second));
    }
    if (const auto token = secrets.find("GIT_AUTH_TOKEN" + suffix); token != secrets.end()) {
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
  constexpr std::array kPassed = {"PATH",      "HOME",          "http_proxy",   "https_proxy",
                                  "no_proxy",  "all_proxy",     "HTTPS_PROXY",  "NO_PROXY",
                                  "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"};
  for (const char* name : kPassed) {
    if (const char* value = ::secure_getenv(name))
      result.push_back(fmt::format("{}={}", name, value));
  }
  if (reach == Reach::local) return result;
  if (const Fd* agent = credentials_.agents.find(kAgent)) {
    result.push_back(fmt::format("SSH_AUTH_SOCK=/proc/{}/fd/{}", ::getpid(), agent->get()));
  } else if (const char* socket = ::secure_getenv("SSH_AUTH_SOCK")) {
    result.push_back(fmt::format("SSH_AUTH_SOCK={}", socket));
  }
  result.push_back("GIT_SSH_COMMAND=" + ssh_command());
  return result;
}

/// Inside the user namespace ssh takes us for root, whose home is another one: the files of the
/// user's are named. An agent that was lent is all that is used, as in BuildKit.
std::string GitRepository::ssh_command() const {
  std::string command = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new";
  const char* home = ::secure_getenv("HOME");
  const std::string directory = (home != nullptr ? home : "/nonexistent") + std::string("/.ssh/");
  // Hosts met for the first time are noted in the first of the files: nowhere.
  command += ssh_option("UserKnownHostsFile", {"/dev/null", directory + "known_hosts"});
  if (credentials_.lent.ssh.contains(kAgent)) return command + " -F /dev/null -o IdentityFile=none";
  const auto is_there = [](const std::string& path) {
    return path.find('\'') == std::string::npos && ::access(path.c_str(), R_OK) == 0;
  };
  if (is_there(directory + "config")) command += " -F '" + directory + "config'";
  for (const char* key : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
    if (is_there(directory + key)) command += ssh_option("IdentityFile", {directory + key});
  }
  return command;
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
  if (result.err.find("Permission denied (publickey") != std::string::npos) {
    error.with_hint("lend an agent with --ssh default, or a key with --ssh default=FILE");
  }
  if (result.err.find("Host key verification failed") != std::string::npos) {
    error.with_hint("the host has another key than ~/.ssh/known_hosts says");
  }
  throw error;
}

std::string GitRepository::git(std::vector<std::string> words, Reach reach) const {
  ProcessResult result = try_git(std::move(words), reach);
  if (result.exit_code != 0) fail(result);
  return std::move(result.out);
}

void GitRepository::check_commit(const GitCommit& commit) const {
  const std::string& wanted = source_.checksum;
  if (commit.id.starts_with(wanted) || (!commit.tag.empty() && commit.tag.starts_with(wanted))) {
    return;
  }
  throw Error(ErrorKind::build, "{}: the commit is {}, but --checksum wants {}",
              printable(graph::without_credentials(source_.url)), commit.id, wanted);
}

GitCommit GitRepository::resolve() {
  const std::string& ref = source_.ref;
  GitCommit commit;
  if (is_full_commit(ref)) {
    commit.id = ref;
  } else if (source_.fetch_by_commit) {
    commit.id = source_.checksum;
    commit.ref = ref.starts_with("refs/") ? ref : "refs/heads/" + ref;
  } else {
    commit = ask_server();
  }
  check_commit(commit);
  return commit;
}

GitCommit GitRepository::ask_server() {
  const std::string& ref = source_.ref;
  const RemoteRefs refs = parse_refs(git({"ls-remote", "--symref", "--", url_}, Reach::network));
  std::optional<GitCommit> commit;
  for (const std::string& name : full_names(ref)) {
    if (!commit) commit = refs.find(name);
  }
  if (!commit && may_be_abbreviated(ref)) {
    commit = GitCommit{resolve_abbreviated(refs.digits()), {}, {}};
  }
  if (!commit || commit->id.empty()) {
    throw Error(ErrorKind::build, "{}: the repository has no {}",
                printable(graph::without_credentials(source_.url)),
                ref.empty() ? "default branch" : fmt::format("branch, tag or commit '{}'", ref));
  }
  if (!is_full_commit(commit->id)) throw Error("git named no commit: {}", printable(commit->id));
  return *commit;
}

/// A server does not tell what begins with some digits: the whole history is needed.
std::string GitRepository::resolve_abbreviated(std::size_t digits) {
  prepare_cache(digits);
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

std::vector<std::string> GitRepository::new_repository(std::size_t digits) {
  std::vector<std::string> words = {"init", "--quiet"};
  if (digits == kSha256Digits) words.emplace_back("--object-format=sha256");
  return words;
}

/// @param digits  of the ids: they tell how the repository hashes
void GitRepository::prepare_cache(std::size_t digits) {
  const std::string name = digits == kSha256Digits ? url_ + " sha256" : url_;
  cache_ = caches_ + "/" + oci::Digest::of(name).hex();
  make_directories(caches_, 0700);
  lock_ = open_file(cache_ + ".lock", O_RDWR | O_CREAT, 0600);
  lock(lock_, LockMode::exclusive, "another build that fetches " + graph::without_credentials(url_),
       &cancel_);
  if (read_file_if_exists(cache_ + "/HEAD")) return;
  std::vector<std::string> words = new_repository(digits);
  words.insert(words.end(), {"--bare", cache_});
  git(words, Reach::local);
}

bool GitRepository::has(const std::string& object) {
  // With its tree: what a fetch that was killed left may be less.
  return try_git({"--git-dir=" + cache_, "show-ref", "--verify", "--quiet", kKept + object},
                 Reach::local)
             .exit_code == 0;
}

void GitRepository::fetch(const std::string& object) {
  const std::vector<std::string> words = {"--git-dir=" + cache_,
                                          "fetch",
                                          "--quiet",
                                          "--force",
                                          "--no-tags",
                                          "--depth=1",
                                          "--no-write-fetch-head",
                                          "--",
                                          url_,
                                          object + ":" + kKept + object};
  if (try_git(words, Reach::network).exit_code == 0) return;
  // Old servers give out tips only, and some nothing shallow at all.
  fetch_everything();
  git({"--git-dir=" + cache_, "update-ref", kKept + object, object}, Reach::local);
}

void GitRepository::fetch_everything() {
  std::vector<std::string> words = {"--git-dir=" + cache_, "fetch", "--quiet", "--force",
                                    "--no-write-fetch-head"};
  if (read_file_if_exists(cache_ + "/shallow")) words.emplace_back("--unshallow");
  words.insert(words.end(),
               {"--", url_, "+refs/heads/*:refs/remotes/*", "+refs/tags/*:refs/tags/*"});
  git(words, Reach::network);
}

void GitRepository::check_out(const GitCommit& commit, const std::string& directory) {
  const bool keeps_ref = source_.keep_git_directory && !commit.ref.empty();
  const std::string& wanted = keeps_ref && !commit.tag.empty() ? commit.tag : commit.id;
  prepare_cache(wanted.size());
  if (!has(wanted)) fetch(wanted);
  const std::string tree = "--git-dir=" + directory + "/.git";
  const std::string work = "--work-tree=" + directory;
  std::vector<std::string> words = new_repository(wanted.size());
  words.push_back(directory);
  git(words, Reach::local);
  git({tree, "fetch", "--quiet", "--no-tags", "--depth=1", "--no-write-fetch-head",
       "--update-head-ok", "file://" + cache_,
       kKept + wanted + (keeps_ref ? ":" + commit.ref : std::string())},
      Reach::local);
  lock_ = Fd();
  git({tree, work, "checkout", "--quiet", "--detach", commit.id, "--"}, Reach::local);
  git({tree, "config", "remote.origin.url", url_}, Reach::local);
  const bool has_submodules = ::access((directory + "/.gitmodules").c_str(), F_OK) == 0;
  if (source_.submodules && has_submodules) fetch_submodules(directory);
  finish_files(commit.id, directory);
}

void GitRepository::fetch_submodules(const std::string& directory) {
  std::vector<std::string> words = {"-C",     directory, "submodule",   "--quiet",
                                    "update", "--init",  "--recursive", "--depth=1"};
  if (try_git(words, Reach::network).exit_code == 0) return;
  // Not every server gives out something shallow.
  git({"-C", directory, "submodule", "--quiet", "deinit", "--all", "--force"}, Reach::local);
  remove_tree(open_directory(directory + "/.git").get(), "modules");
  words.pop_back();
  git(words, Reach::network);
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
