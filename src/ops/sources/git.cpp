// Fetches, caches and checks out; see git.h.
#include "src/ops/sources/git.h"

#include <unistd.h>

#include "cbuild/graph/op.h"
#include "cbuild/oci/digest.h"
#include "cbuild/ops/git_commit.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/process.h"
#include "cbuild/util/text.h"
#include "src/ops/sources/git_files.h"
#include "src/ops/sources/git_refs.h"

namespace cbuild::ops {

namespace {

constexpr std::size_t kShownId = 100;
constexpr std::size_t kSha256Digits = 64;
constexpr const char* kKept = "refs/cbuild/";  // what is in the cache with all that it needs

}  // namespace

GitRepository::GitRepository(const graph::GitSource& source,
                             const GitMeans& means,
                             store::KeptData& kept,
                             const CancelToken& cancel)
    : source_(source), git_(source.url, means, cancel), cancel_(cancel), kept_(kept) {}

void GitRepository::check_commit(const GitCommit& commit) const {
  const std::string& wanted = source_.checksum;
  if (commit.id.starts_with(wanted) || (!commit.tag.empty() && commit.tag.starts_with(wanted))) {
    return;
  }
  throw Error(ErrorKind::build, "{}: the commit is {}, but --checksum wants {}", git_.shown(),
              commit.id, wanted);
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
      RemoteRefs::parse(git_.run({"ls-remote", "--symref", "--", git_.url()}, Reach::network));
  std::optional<GitCommit> commit;
  for (const std::string& name : full_names(ref)) {
    if (!commit) commit = refs.find(name);
  }
  if (!commit && may_be_abbreviated(ref)) {
    commit = GitCommit{resolve_abbreviated(refs.digits()), {}, {}};
  }
  if (!commit || commit->id.empty()) {
    throw Error(ErrorKind::build, "{}: the repository has no {}", git_.shown(),
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
  ProcessResult answer = git_.try_run(question, Reach::local);
  if (answer.exit_code != 0) {
    fetch_everything();
    answer = git_.try_run(question, Reach::local);
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
  std::string name = git_.url();
  if (digits == kSha256Digits) name += " sha256";
  if (!git_.key().empty()) name += fmt::format(" {}", git_.key());
  cache_.reset();  // its lock would be waited for
  cache_ = kept_.open({store::KeptKind::repository, oci::Digest::of(name).hex()},
                      LockMode::exclusive, "another build that fetches " + git_.address(), cancel_);
  if (read_file_if_exists(cache_->path() + "/HEAD")) return;
  std::vector<std::string> words = new_repository(digits);
  words.insert(words.end(), {"--bare", cache_->path()});
  git_.run(words, Reach::local);
}

/// Called with and without the lock of the cache.
bool GitRepository::is_cache_damaged() {
  if (!cache_) return false;
  const std::vector<std::string> words = {"--git-dir=" + cache_->path(), "fsck",
                                          "--connectivity-only", "--no-dangling", "--no-progress"};
  return git_.try_run(words, Reach::local).exit_code != 0;
}

bool GitRepository::has(const std::string& object) {
  // The tree too: a killed fetch may have left the commit alone.
  return git_.try_run(
                 {"--git-dir=" + cache_->path(), "show-ref", "--verify", "--quiet", kKept + object},
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
                                          git_.url(),
                                          object + ":" + kKept + object};
  const ProcessResult result = git_.try_run(words, Reach::network);
  if (result.exit_code == 0) return;
  if (was_slow(result)) git_.fail(result, Reach::network);
  // Old servers serve tips of refs only, and some no shallow clone at all.
  fetch_everything();
  git_.run({"--git-dir=" + cache_->path(), "update-ref", kKept + object, object}, Reach::local);
}

void GitRepository::fetch_everything() {
  std::vector<std::string> words = {"--git-dir=" + cache_->path(), "fetch", "--progress", "--force",
                                    "--no-write-fetch-head"};
  if (read_file_if_exists(cache_->path() + "/shallow")) words.emplace_back("--unshallow");
  words.insert(words.end(),
               {"--", git_.url(), "+refs/heads/*:refs/remotes/*", "+refs/tags/*:refs/tags/*"});
  git_.run(words, Reach::network);
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
  git_.run(words, Reach::local);
  git_.run({"--git-dir=" + directory + "/.git", "fetch", "--quiet", "--no-tags", "--depth=1",
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
  git_.run({tree, work, "checkout", "--quiet", "--detach", commit.id, "--"}, Reach::local);
  git_.run({tree, "config", "remote.origin.url", git_.url()}, Reach::local);
  const bool has_submodules = ::access((directory + "/.gitmodules").c_str(), F_OK) == 0;
  if (source_.submodules && has_submodules) fetch_submodules(directory);
  finish_files(commit.id, directory);
}

void GitRepository::fetch_submodules(const std::string& directory) {
  std::vector<std::string> words = {"-C",     directory,     "submodule",  "update",
                                    "--init", "--recursive", "--progress", "--depth=1"};
  const ProcessResult result = git_.try_run(words, Reach::submodules);
  if (result.exit_code == 0) return;
  if (was_slow(result)) git_.fail(result, Reach::submodules);
  // Not every server serves shallow clones.
  git_.run({"-C", directory, "submodule", "--quiet", "deinit", "--all", "--force"}, Reach::local);
  remove_tree(open_directory(directory + "/.git").get(), "modules");
  words.pop_back();
  git_.run(words, Reach::submodules);
}

void GitRepository::finish_files(const std::string& commit, const std::string& directory) {
  const std::string time = git_.run(
      {"--git-dir=" + directory + "/.git", "show", "--no-patch", "--format=%ct", commit, "--"},
      Reach::local);
  const auto seconds = parse_uint(trim(time));
  const Fd root = open_directory(directory);
  if (source_.keep_git_directory) {
    // The index holds times and inodes; without them equal commits are equal files.
    git_.run({"--git-dir=" + directory + "/.git", "read-tree", commit}, Reach::local);
  } else {
    remove_git_directories(root);
  }
  make_uniform(root, {static_cast<time_t>(seconds.value_or(0)), 0});
}

}  // namespace cbuild::ops
