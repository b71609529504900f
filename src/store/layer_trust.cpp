// Syncs, drops and retires layer directories; see layer_trust.h.
#include "src/store/layer_trust.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "cbuild/oci/digest.h"
#include "cbuild/util/boot_id.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/parallel.h"
#include "src/store/database.h"
#include "src/store/layer_paths.h"

namespace cbuild::store {

namespace {

// fsync(2) of so many files costs about as much as syncfs(2) on an idle disk.
constexpr int kFewFiles = 128;
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct Unsynced {
  oci::Digest chain;
  std::int64_t directory;
};

std::vector<Unsynced> unsynced_layers(Database& database) {
  std::vector<Unsynced> layers;
  Query query = database.query(
      "SELECT chain, directory FROM snapshots WHERE NOT synced AND directory IS NOT NULL");
  while (query.next())
    layers.push_back({query.digest(0), query.integer(1)});
  return layers;
}

/// fsync(2) of everything in a few small trees. Some files at once: a disk that several wait for
/// empties its cache once for all of them.
class FewFiles {
 public:
  /// False: some may not be opened.
  bool add_tree(Fd directory) {
    for (const DirectoryEntry& entry : list_directory(directory.get())) {
      if (!add_entry(directory, entry)) return false;
    }
    add(std::move(directory));
    return true;
  }

  void add(Fd file) {
    constexpr std::size_t kMostWaiting = 12;  // each holds a descriptor
    waiting_.push_back(std::move(file));
    if (waiting_.size() == kMostWaiting) sync();
  }

  void sync() {
    constexpr std::size_t kThreads = 4;
    parallel_for(waiting_.size(), kThreads, [this](std::size_t i) {
      if (::fsync(waiting_[i].get()) != 0) throw SysError("fsync a file of a layer");
    });
    waiting_.clear();
  }

 private:
  bool add_entry(const Fd& directory, const DirectoryEntry& entry) {
    // Others have no content; the directory's fsync(2) writes their inodes with their names.
    if (entry.type != DT_DIR && entry.type != DT_REG) return true;
    Fd fd(::openat(directory.get(), entry.name.c_str(),
                   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return false;
    if (entry.type == DT_DIR) return add_tree(std::move(fd));
    add(std::move(fd));
    return true;
  }

  std::vector<Fd> waiting_;
};

/// Takes the entries of a tree from `room`. False: there are more, or some may not be opened.
bool has_few(const Fd& directory, int& room) {
  for (const DirectoryEntry& entry : list_directory(directory.get())) {
    if (--room < 0) return false;
    if (entry.type != DT_DIR) continue;
    const Fd below(::openat(directory.get(), entry.name.c_str(), kDirectory));
    if (!below || !has_few(below, room)) return false;
  }
  return true;
}

/// The trees of the layers; nullopt when there are more than a few files in them.
std::optional<std::vector<Fd>> few_trees(const Fd& snapshots, const std::vector<Unsynced>& layers) {
  std::vector<Fd> trees;
  int room = kFewFiles;
  for (const Unsynced& layer : layers) {
    Fd directory(::openat(snapshots.get(), std::to_string(layer.directory).c_str(), kDirectory));
    if (!directory && errno == ENOENT) continue;  // its next use reports that
    if (!directory || --room < 0 || !has_few(directory, room)) return std::nullopt;
    trees.push_back(std::move(directory));
  }
  return trees;
}

bool sync_few(const Fd& snapshots, const std::vector<Unsynced>& layers) {
  auto trees = few_trees(snapshots, layers);
  if (!trees) return false;
  FewFiles files;
  for (Fd& tree : *trees) {
    if (!files.add_tree(std::move(tree))) return false;
  }
  files.add(duplicate(snapshots.get()));
  files.sync();
  return true;
}

/// Layers that share a directory with one that has none any more.
void drop_shares_of_nothing(Database& database) {
  database.run(
      "UPDATE snapshots SET made_here = 0 WHERE made_here AND directory IS NULL AND NOT EXISTS"
      " (SELECT 1 FROM snapshots AS owner WHERE owner.chain = snapshots.diff"
      " AND owner.directory IS NOT NULL)");
}

}  // namespace

void drop_unsynced_of_other_boots(Database& database, const std::string& root) {
  if (unsynced_layers(database).empty()) return;
  const std::string boot = boot_id();
  Transaction transaction(database);
  std::vector<std::int64_t> dropped;
  {
    Query query = database.query(
        "SELECT directory FROM snapshots"
        " WHERE NOT synced AND directory IS NOT NULL AND boot_id <> ?",
        boot);
    while (query.next())
      dropped.push_back(query.integer(0));
  }
  if (dropped.empty()) return;
  database.run(
      "UPDATE snapshots SET directory = NULL, made_here = 0"
      " WHERE NOT synced AND directory IS NOT NULL AND boot_id <> ?",
      boot);
  drop_shares_of_nothing(database);
  transaction.commit();
  // Nobody has used them under this boot.
  for (const std::int64_t number : dropped)
    move_to_staging(root, std::to_string(number));
  log_debug("{} layers were not on disk yet when the machine stopped; they are made again",
            dropped.size());
}

void sync_layers(Database& database, const std::string& root) {
  const std::vector<Unsynced> layers = unsynced_layers(database);
  if (layers.empty()) return;
  const Fd snapshots = open_directory(snapshots_directory(root));
  if (!sync_few(snapshots, layers) && ::syncfs(snapshots.get()) != 0) {
    throw SysError("sync {}", root);
  }
  Transaction transaction(database);
  for (const Unsynced& layer : layers) {
    database.run("UPDATE snapshots SET synced = 1 WHERE chain = ? AND directory = ?", layer.chain,
                 layer.directory);
  }
  transaction.commit();
}

void retire_directory(Database& database, const oci::Digest& chain) {
  database.run(
      "INSERT OR IGNORE INTO retired(directory)"
      " SELECT directory FROM snapshots WHERE chain = ? AND directory IS NOT NULL",
      chain);
}

void take_out_of_use(Database& database, const oci::Digest& chain) {
  Transaction transaction(database);
  oci::Digest owner = chain;
  {
    Query query = database.query(
        "SELECT own.directory IS NULL AND own.made_here, own.diff FROM snapshots AS own"
        " WHERE own.chain = ?",
        chain);
    if (!query.next()) return;
    if (query.integer(0) != 0) owner = query.digest(1);
  }
  retire_directory(database, owner);
  database.run("UPDATE snapshots SET directory = NULL, made_here = 0 WHERE chain = ?", owner);
  drop_shares_of_nothing(database);
  transaction.commit();
}

}  // namespace cbuild::store
