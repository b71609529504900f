// Numbers, rows and renames of layer directories; see layer_directory.h.
#include "src/store/layer_directory.h"

#include <fcntl.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <utility>

#include "cbuild/layer/apply.h"
#include "cbuild/util/boot_id.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/store/layer_trust.h"

namespace cbuild::store {

namespace {

/// Renames `from` to the first free number at or above `number`; returns it.
std::int64_t move_to_number(const std::string& root, const std::string& from, std::int64_t number) {
  for (;; ++number) {
    const std::string to = fmt::format("{}/{}", snapshots_directory(root), number);
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
      return number;
    }
    // An orphan of a process that died, or of a row that power loss took.
    if (errno != EEXIST) throw SysError("rename {} to {}", from, to);
  }
}

std::int64_t next_number(Database& database) {
  Query query = database.query("SELECT coalesce(max(directory), 0) + 1 FROM snapshots");
  query.next();
  return query.integer(0);
}

void save_row(Database& database,
              const oci::Digest& chain,
              const FinishedLayer& layer,
              std::int64_t number) {
  database.run(
      "INSERT INTO snapshots(chain, parent, diff, size, created, directory, made_here, boot_id)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
      " ON CONFLICT(chain) DO UPDATE SET size = ?4, directory = ?6, made_here = ?7, boot_id = ?8,"
      " synced = 0",
      chain, layer.parent, layer.diff_id, layer.size, database.now(), number, layer.made_here,
      boot_id());
}

[[noreturn]] void refuse_missing(const oci::Digest& chain) {
  throw Error("layer {} is not unpacked in the store", chain.short_hex());
}

/// Nothing is said of a layer's root by its parent directory, so overlayfs ignores the mark there.
enum class RootKind { ordinary, opaque, missing };

RootKind root_kind(const std::string& root, const std::string& name) {
  const std::string path = fmt::format("{}/{}", snapshots_directory(root), name);
  char value = 0;
  const ssize_t size = ::lgetxattr(path.c_str(), layer::kOpaqueXattr, &value, 1);
  if (size < 0 && errno == ENOENT) return RootKind::missing;
  return size == 1 && value == 'y' ? RootKind::opaque : RootKind::ordinary;
}

[[noreturn]] void refuse_damaged(Database& database, const oci::Digest& chain) {
  take_out_of_use(database, chain);
  throw Error("layer {} of the store is damaged: its directory is gone", chain.short_hex())
      .with_hint("run the command again: the layer is made or unpacked anew");
}

struct StackedDirectory {
  oci::Digest chain;
  std::int64_t directory;
};

/// Topmost first. @throws Error when a layer is not unpacked
std::vector<StackedDirectory> stacked_directories(Database& database, const oci::Digest& chain) {
  std::vector<StackedDirectory> stack;
  Query query = database.query(
      "WITH RECURSIVE stack(depth, chain) AS (VALUES(0, ?) UNION ALL"
      " SELECT depth + 1, parent FROM stack JOIN snapshots USING(chain) WHERE parent IS NOT NULL)"
      " SELECT stack.chain, coalesce(own.directory, shared.directory) FROM stack"
      " LEFT JOIN snapshots AS own ON own.chain = stack.chain"
      " LEFT JOIN snapshots AS shared ON own.made_here AND shared.chain = own.diff ORDER BY depth",
      chain);
  while (query.next()) {
    if (query.is_null(1)) refuse_missing(query.digest(0));
    stack.push_back({query.digest(0), query.integer(1)});
  }
  return stack;
}

std::optional<Snapshot> find_row(Database& database, const oci::Digest& chain) {
  Query query = database.query("SELECT * FROM snapshots WHERE chain = ?", chain);
  if (!query.next()) return std::nullopt;
  return read_snapshot(query);
}

/// Whether the database rather lost their rows than never had them: a killed process leaves one.
bool may_be_lost(Database& database, const std::vector<std::string>& orphans) {
  if (database.lost_rows()) return true;
  Query rows = database.query("SELECT count(*) FROM snapshots WHERE directory IS NOT NULL");
  rows.next();
  return orphans.size() > rows.size(0);
}

void keep_until_prune(Database& database, const std::vector<std::string>& orphans) {
  for (const std::string& name : orphans) {
    const auto number = parse_uint(name);
    if (!number) continue;
    database.run("INSERT INTO retired(directory) VALUES(?) ON CONFLICT DO NOTHING", *number);
  }
}

}  // namespace

std::string snapshots_directory(const std::string& root) {
  return root + "/snapshots";
}

std::vector<std::string> lower_names(Database& database,
                                     const std::string& root,
                                     const std::optional<oci::Digest>& chain) {
  if (!chain) return {kEmptyDirectory};
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const StackedDirectory& layer : stacked_directories(database, *chain)) {
    std::string name = std::to_string(layer.directory);
    if (!seen.insert(name).second) continue;
    const RootKind kind = root_kind(root, name);
    if (kind == RootKind::missing) refuse_damaged(database, layer.chain);
    names.push_back(std::move(name));
    if (kind == RootKind::opaque) break;
  }
  if (names.size() > kMaxLayers) {
    throw Error("the image has {} layers; overlayfs can stack {} only", names.size(), kMaxLayers)
        .with_hint("join some of its steps, or build it with --squash");
  }
  return names;
}

bool has_directory(Database& database, const std::string& root, const oci::Digest& chain) {
  return root_kind(root, directory_name(database, chain)) != RootKind::missing;
}

std::string directory_name(Database& database, const oci::Digest& chain) {
  Query query = database.query(
      "SELECT coalesce(own.directory, shared.directory) FROM snapshots AS own"
      " LEFT JOIN snapshots AS shared ON own.made_here AND shared.chain = own.diff"
      " WHERE own.chain = ?",
      chain);
  if (!query.next() || query.is_null(0)) refuse_missing(chain);
  return std::to_string(query.integer(0));
}

std::string root_name(Database& database, const oci::Digest& chain) {
  Query query = database.query(
      "WITH RECURSIVE stack(depth, chain) AS (VALUES(0, ?) UNION ALL"
      " SELECT depth + 1, parent FROM stack JOIN snapshots USING(chain) WHERE parent IS NOT NULL)"
      " SELECT directory FROM stack JOIN snapshots USING(chain) WHERE directory IS NOT NULL"
      " ORDER BY depth LIMIT 1",
      chain);
  if (!query.next()) refuse_missing(chain);
  return std::to_string(query.integer(0));
}

Snapshot read_snapshot(const Query& row) {
  const bool made_here = row.integer(6) != 0;
  Snapshot snapshot{.chain_id = row.digest(0),
                    .parent = row.maybe_digest(1),
                    .diff_id = row.digest(2),
                    .size = row.size(3),
                    .created = row.integer(4),
                    .unpacked = !row.is_null(5) || made_here,
                    .made_here = made_here,
                    .blob = std::nullopt};
  if (!row.is_null(7)) {
    snapshot.blob.emplace();
    snapshot.blob->digest = row.digest(7);
    snapshot.blob->media_type = row.text(8);
    snapshot.blob->size = row.size(9);
  }
  return snapshot;
}

Snapshot publish(Database& database,
                 const std::string& root,
                 const StagingDirectory& staging,
                 const FinishedLayer& layer) {
  const oci::Digest chain = oci::chain_id(layer.parent, layer.diff_id);
  const std::string staged = fmt::format("{}/staging/{}/fs", root, staging.id());
  // Whoever renames holds the write lock, so that nobody takes the number, nor the directory for an
  // orphan, before the row is there.
  Transaction transaction(database);
  const auto there = find_row(database, chain);
  if (there && there->unpacked && !layer.replaces) {
    if (there->made_here || !layer.made_here) return *there;
    database.run("UPDATE snapshots SET made_here = 1 WHERE chain = ?", chain);
    transaction.commit();
    return *find_row(database, chain);
  }
  const std::int64_t number = move_to_number(root, staged, next_number(database));
  try {
    retire_directory(database, chain);
    save_row(database, chain, layer, number);
    transaction.commit();
  } catch (...) {
    // Back to where the destructor of `staging` removes it.
    const std::string path = fmt::format("{}/{}", snapshots_directory(root), number);
    (void)::rename(path.c_str(), staged.c_str());
    throw;
  }
  return *find_row(database, chain);
}

std::vector<std::string> orphans(Database& database, const std::string& root) {
  std::set<std::string> known{kEmptyDirectory};
  Query query = database.query(
      "SELECT directory FROM snapshots WHERE directory IS NOT NULL"
      " UNION ALL SELECT directory FROM retired");
  while (query.next())
    known.insert(std::to_string(query.integer(0)));

  std::vector<std::string> names;
  const Fd fd = open_directory(snapshots_directory(root));
  for (const DirectoryEntry& entry : list_directory(fd.get())) {
    if (!known.contains(entry.name)) names.push_back(entry.name);
  }
  return names;
}

void move_to_staging(const std::string& root, const std::string& name) {
  const std::string from = snapshots_directory(root) + "/" + name;
  const std::string to = fmt::format("{}/staging/orphan-{}", root, name);
  if (::rename(from.c_str(), to.c_str()) != 0) {
    log_warning("cannot take {} away: {}", from, ::strerrordesc_np(errno));
  }
}

void retire_orphans(Database& database, const std::string& root, Orphans which) {
  // No commit can be half done while the write lock is held.
  Transaction transaction(database);
  const std::vector<std::string> names = orphans(database, root);
  if (names.empty()) return;
  if (which == Orphans::left_behind && may_be_lost(database, names)) {
    log_warning(
        "the database does not know {} layer directories in {}; they are kept until a 'cbuild "
        "prune'",
        names.size(), snapshots_directory(root));
    keep_until_prune(database, names);
    return transaction.commit();
  }
  for (const std::string& name : names)
    move_to_staging(root, name);
}

void release_retired(Database& database) {
  database.run("DELETE FROM retired");
}

}  // namespace cbuild::store
