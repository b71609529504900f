// Looks up the directories of layers and stacks; see layer_directory.h.
#include "src/store/layer_directory.h"

#include <cerrno>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>

#include "cbuild/layer/opaque.h"
#include "cbuild/oci/digest.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "src/store/database.h"
#include "src/store/layer_owners.h"
#include "src/store/layer_paths.h"
#include "src/store/layer_store.h"
#include "src/store/layer_trust.h"

namespace cbuild::store {

namespace {

[[noreturn]] void refuse_missing(const oci::Digest& chain) {
  throw Error("layer {} is not unpacked in the store", chain.short_hex());
}

/// overlayfs reads the opaque mark of a directory from the directory above it, so it ignores the
/// one on the root of a layer.
enum class RootKind { ordinary, opaque, missing };

RootKind root_kind(const std::string& root, const std::string& name) {
  const std::string path = fmt::format("{}/{}", snapshots_directory(root), name);
  try {
    return layer::is_opaque(path) ? RootKind::opaque : RootKind::ordinary;
  } catch (const SysError& error) {
    if (error.code() == ENOENT) return RootKind::missing;
    throw;
  }
}

[[noreturn]] void refuse_damaged(Database& database, const oci::Digest& chain) {
  take_out_of_use(database, chain);
  throw Error("layer {} of the store is damaged: its directory is gone", chain.short_hex())
      .with_hint("run the command again: it builds or unpacks the layer again");
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

}  // namespace

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
        .with_hint(
            "combine some of its steps, or end with a stage FROM scratch and COPY --from=STAGE / "
            "/");
  }
  return names;
}

layer::RootTree open_stack(const LayerStore& store, const std::optional<oci::Digest>& chain) {
  std::vector<layer::TreeDirectory::Part> parts;
  for (const std::string& name : lower_names(store.database, store.root, chain)) {
    parts.push_back(
        {std::make_shared<const Fd>(open_layer(store.root, name)), store.owners.of(name)});
  }
  return layer::RootTree(std::move(parts));
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

}  // namespace cbuild::store
