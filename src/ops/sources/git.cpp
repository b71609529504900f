// Runs git; see git.h.
#include "src/ops/sources/git.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "cbuild/graph/op.h"
#include "cbuild/oci/digest.h"
#include "cbuild/ops/git_commit.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/log.h"
#include "cbuild/util/process.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"
#include "src/ops/sources/git_refs.h"

namespace cbuild::ops {

namespace {

constexpr std::chrono::minutes kLongest{60};  // a slower transfer ends earlier: http.lowSpeedTime
constexpr std::chrono::seconds kLongestSilence{90};
constexpr std::chrono::seconds kNoticedSilence{10};
constexpr std::uint64_t kMaxOutput = 64 << 20;  // of ls-remote: some repositories have 10^5 refs
constexpr std::size_t kShownError = 2000;
constexpr std::size_t kShownId = 100;
constexpr std::size_t kSha256Digits = 64;
constexpr const char* kKept = "refs/cbuild/";  // what is in the cache with all that it needs

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

/// Whether git gave up because the server was too slow: another kind of request would be as slow.
bool was_slow(const ProcessResult& result) {
  const auto says = [&](std::string_view words) {
    return result.err.find(words) != std::string::npos;
  };
  return says("Operation too slow") || says("timed out") || says("Timeout, server");
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

/// Sets modes and times of everything beneath `directory`, which no other process knows yet.
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
    if (!below && is_fault_of_machine(errno)) throw SysError("open {}", entry.name);
    if (below) remove_git_directories(below);
  }
}

}  // namespace

GitRepository::GitRepository(const graph::GitSource& source,
                             const GitMeans& means,
                             store::KeptData& kept,
                             const CancelToken& cancel)
    : source_(source), access_(source.url, means), cancel_(cancel), kept_(kept) {}

ProcessResult GitRepository::try_git(const std::vector<std::string>& words, Reach reach) {
  if (!find_program("git")) {
    throw Error("the program git is not installed; {} needs it",
                printable(without_credentials(source_.url)))
        .with_hint("install it (Debian: apt install git)");
  }
  for (;;) {
    ProcessResult result = run_git(words, reach);
    if (result.exit_code == 0 || !access_.follow_redirect(result.err, reach)) return result;
  }
}

ProcessResult GitRepository::run_git(const std::vector<std::string>& words, Reach reach) const {
  const Memfd configured(access_.configuration(reach));
  ProcessOptions options;
  options.argv = {"git"};
  options.argv.insert(options.argv.end(), words.begin(), words.end());
  options.timeout = kLongest;
  options.output_limit = kMaxOutput;
  options.environment = access_.environment(reach, configured.path());
  options.own_group = true;
  bool told = false;
  if (reach != Reach::local) {
    options.on_silence = [&](std::chrono::milliseconds silence) { watch(silence, told); };
  }
  return run_process(options, cancel_);
}

/// git's progress lines show that the server is alive. A silent server is given as long as a
/// registry.
void GitRepository::watch(std::chrono::milliseconds silence, bool& told) const {
  const std::string shown = printable(without_credentials(source_.url));
  if (silence >= kLongestSilence) {
    throw Error(ErrorKind::network, "git: {}: the server is silent: no data within {} s", shown,
                kLongestSilence.count());
  }
  if (silence < kNoticedSilence || told) return;
  told = true;
  access_.announce(fmt::format("{} has been silent for {} s; cbuild gives up in {} s", shown,
                               kNoticedSilence.count(),
                               (kLongestSilence - kNoticedSilence).count()));
}

void GitRepository::fail(const ProcessResult& result, Reach reach) const {
  Error error(ErrorKind::network, "git: {}: {}", printable(without_credentials(source_.url)),
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

std::string GitRepository::git(const std::vector<std::string>& words, Reach reach) {
  ProcessResult result = try_git(words, reach);
  if (result.exit_code != 0) fail(result, reach);
  return std::move(result.out);
}

void GitRepository::check_commit(const GitCommit& commit) const {
  const std::string& wanted = source_.checksum;
  if (commit.id.starts_with(wanted) || (!commit.tag.empty() && commit.tag.starts_with(wanted))) {
    return;
  }
  throw Error(ErrorKind::build, "{}: the commit is {}, but --checksum wants {}",
              printable(without_credentials(source_.url)), commit.id, wanted);
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
  const RemoteRefs refs =
      RemoteRefs::parse(git({"ls-remote", "--symref", "--", access_.url()}, Reach::network));
  std::optional<GitCommit> commit;
  for (const std::string& name : full_names(ref)) {
    if (!commit) commit = refs.find(name);
  }
  if (!commit && may_be_abbreviated(ref)) {
    commit = GitCommit{resolve_abbreviated(refs.digits()), {}, {}};
  }
  if (!commit || commit->id.empty()) {
    throw Error(ErrorKind::build, "{}: the repository has no {}",
                printable(without_credentials(source_.url)),
                ref.empty() ? "default branch" : fmt::format("branch, tag or commit '{}'", ref));
  }
  if (!is_full_commit(commit->id))
    throw Error("git printed no commit ID: {}", printable(commit->id.substr(0, kShownId)));
  return *commit;
}

/// git checks every object that it reads. A repository that power loss or a bad disk damaged must
/// not fail every later build.
template <typename Action>
auto GitRepository::from_whole_cache(Action&& action) {
  try {
    return action();
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    if (!is_cache_damaged()) throw;
    log_warning("the repository {} of the store is damaged and is fetched again: {}",
                cache_->path(), error.what());
  }
  cache_->clear();
  cache_.reset();
  return action();
}

/// No request resolves an abbreviated id on the server: the whole history is fetched.
std::string GitRepository::resolve_abbreviated(std::size_t digits) {
  return from_whole_cache([&] { return find_abbreviated(digits); });
}

std::string GitRepository::find_abbreviated(std::size_t digits) {
  prepare_cache(digits);
  const std::vector<std::string> question = {"--git-dir=" + cache_->path(), "rev-parse", "--verify",
                                             "--quiet", source_.ref + "^{commit}"};
  ProcessResult answer = try_git(question, Reach::local);
  if (answer.exit_code != 0) {
    fetch_everything();
    answer = try_git(question, Reach::local);
  }
  cache_.reset();
  return answer.exit_code == 0 ? std::string(trim(answer.out)) : std::string();
}

std::vector<std::string> GitRepository::new_repository(std::size_t digits) {
  std::vector<std::string> words = {"init", "--quiet"};
  if (digits == kSha256Digits) words.emplace_back("--object-format=sha256");
  return words;
}

/// @param digits  length of the ids, which tells the hash of the repository
void GitRepository::prepare_cache(std::size_t digits) {
  std::string name = access_.url();
  if (digits == kSha256Digits) name += " sha256";
  if (!access_.key().empty()) name += fmt::format(" {}", access_.key());
  cache_.reset();  // its lock would be waited for
  cache_ =
      kept_.open({store::KeptKind::repository, oci::Digest::of(name).hex()}, LockMode::exclusive,
                 "another build that fetches " + without_credentials(access_.url()), cancel_);
  if (read_file_if_exists(cache_->path() + "/HEAD")) return;
  std::vector<std::string> words = new_repository(digits);
  words.insert(words.end(), {"--bare", cache_->path()});
  git(words, Reach::local);
}

/// Called with and without the lock of the cache.
bool GitRepository::is_cache_damaged() {
  if (!cache_) return false;
  const std::vector<std::string> words = {"--git-dir=" + cache_->path(), "fsck",
                                          "--connectivity-only", "--no-dangling", "--no-progress"};
  return try_git(words, Reach::local).exit_code != 0;
}

bool GitRepository::has(const std::string& object) {
  // The tree too: a killed fetch may have left the commit alone.
  return try_git({"--git-dir=" + cache_->path(), "show-ref", "--verify", "--quiet", kKept + object},
                 Reach::local)
             .exit_code == 0;
}

void GitRepository::fetch(const std::string& object) {
  const std::vector<std::string> words = {"--git-dir=" + cache_->path(),
                                          "fetch",
                                          "--progress",
                                          "--force",
                                          "--no-tags",
                                          "--depth=1",
                                          "--no-write-fetch-head",
                                          "--",
                                          access_.url(),
                                          object + ":" + kKept + object};
  const ProcessResult result = try_git(words, Reach::network);
  if (result.exit_code == 0) return;
  if (was_slow(result)) fail(result, Reach::network);
  // Old servers serve tips of refs only, and some no shallow clone at all.
  fetch_everything();
  git({"--git-dir=" + cache_->path(), "update-ref", kKept + object, object}, Reach::local);
}

void GitRepository::fetch_everything() {
  std::vector<std::string> words = {"--git-dir=" + cache_->path(), "fetch", "--progress", "--force",
                                    "--no-write-fetch-head"};
  if (read_file_if_exists(cache_->path() + "/shallow")) words.emplace_back("--unshallow");
  words.insert(words.end(),
               {"--", access_.url(), "+refs/heads/*:refs/remotes/*", "+refs/tags/*:refs/tags/*"});
  git(words, Reach::network);
}

/// Makes a repository in `directory` that holds `object`, and the ref `ref` to it unless empty.
void GitRepository::copy_from_cache(const std::string& object,
                                    const std::string& ref,
                                    const std::string& directory) {
  prepare_cache(object.size());
  if (!has(object)) fetch(object);
  remove_tree(open_directory(directory).get(), ".git");  // of a first try
  std::vector<std::string> words = new_repository(object.size());
  words.push_back(directory);
  git(words, Reach::local);
  git({"--git-dir=" + directory + "/.git", "fetch", "--quiet", "--no-tags", "--depth=1",
       "--no-write-fetch-head", "--update-head-ok", "file://" + cache_->path(),
       kKept + object + (ref.empty() ? std::string() : ":" + ref)},
      Reach::local);
  cache_.reset();
}

void GitRepository::check_out(const GitCommit& commit, const std::string& directory) {
  const bool keeps_ref = source_.keep_git_directory && !commit.ref.empty();
  const std::string& wanted = keeps_ref && !commit.tag.empty() ? commit.tag : commit.id;
  from_whole_cache([&] { copy_from_cache(wanted, keeps_ref ? commit.ref : "", directory); });
  const std::string tree = "--git-dir=" + directory + "/.git";
  const std::string work = "--work-tree=" + directory;
  git({tree, work, "checkout", "--quiet", "--detach", commit.id, "--"}, Reach::local);
  git({tree, "config", "remote.origin.url", access_.url()}, Reach::local);
  const bool has_submodules = ::access((directory + "/.gitmodules").c_str(), F_OK) == 0;
  if (source_.submodules && has_submodules) fetch_submodules(directory);
  finish_files(commit.id, directory);
}

void GitRepository::fetch_submodules(const std::string& directory) {
  std::vector<std::string> words = {"-C",     directory,     "submodule",  "update",
                                    "--init", "--recursive", "--progress", "--depth=1"};
  const ProcessResult result = try_git(words, Reach::submodules);
  if (result.exit_code == 0) return;
  if (was_slow(result)) fail(result, Reach::submodules);
  // Not every server serves shallow clones.
  git({"-C", directory, "submodule", "--quiet", "deinit", "--all", "--force"}, Reach::local);
  remove_tree(open_directory(directory + "/.git").get(), "modules");
  words.pop_back();
  git(words, Reach::submodules);
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
