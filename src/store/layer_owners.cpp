// The form of a store, and the column `links`; see layer_owners.h.
#include "src/store/layer_owners.h"

#include <fcntl.h>
#include <sys/xattr.h>

#include <optional>
#include <string_view>

#include "cbuild/oci/digest.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/link_owners.h"
#include "cbuild/util/text.h"
#include "src/store/database.h"
#include "src/store/store_root.h"

namespace cbuild::store {

namespace {

/// Whether the table has the column: a store of an earlier cbuild lacks it.
bool has_links(Database& database) {
  Query query = database.query("SELECT 1 FROM pragma_table_info('snapshots') WHERE name = 'links'");
  return query.next();
}

bool has_layers(Database& database) {
  Query query = database.query("SELECT 1 FROM snapshots WHERE directory IS NOT NULL LIMIT 1");
  return query.next();
}

void require_attributes(const std::string& root) {
  constexpr const char* kTrial = "user.cbuild.trial";
  const Fd directory = open_directory(root);
  if (::fsetxattr(directory.get(), kTrial, "", 0, 0) != 0) {
    SysError error("record owners in {} as attributes (user.*)", root);
    error.with_hint(
        "this user has no subordinate ids, so owners are attributes of files: put the store on a "
        "file system that has them (--root; ext4, xfs, btrfs; tmpfs from Linux 6.6 on), or give "
        "the user subordinate ids");
    throw error;
  }
  ::fremovexattr(directory.get(), kTrial);
}

}  // namespace

void LayerOwners::record() {
  if (how_ == Ownership::recorded) return;
  require_attributes(root_);
  // First, because the version promises the column.
  if (!has_links(database_)) database_.run("ALTER TABLE snapshots ADD COLUMN links TEXT");
  // The write lock keeps other processes from publishing a layer meanwhile.
  Transaction transaction(database_);
  if (read_ownership(root_) == Ownership::recorded) {  // by another process
    how_ = Ownership::recorded;
    return;
  }
  if (has_layers(database_)) {
    throw Error(ErrorKind::machine,
                "the store {} has layers whose files belong to several users, and this process has "
                "one id only",
                root_)
        .with_hint("choose another store with --root, or remove this one");
  }
  write_recorded_version(root_);
  transaction.commit();
  how_ = Ownership::recorded;
}

void LayerOwners::require_unchanged() const {
  if (how_ == Ownership::recorded || read_ownership(root_) == Ownership::real) return;
  throw Error(ErrorKind::machine,
              "another cbuild has turned the store {} into one with recorded owners meanwhile",
              root_)
      .with_hint("run the command again");
}

std::shared_ptr<const FileOwners> LayerOwners::of(const std::string& name) const {
  if (how_ == Ownership::real) return nullptr;
  const auto number = parse_uint(name);
  LinkOwners links;
  Query query = database_.query(
      "SELECT links FROM snapshots WHERE directory = ? AND links IS NOT NULL", number.value_or(0));
  if (query.next()) links = parse_link_owners(query.text(0));
  return std::make_shared<const FileOwners>(Ownership::recorded, std::move(links));
}

void LayerOwners::save(const oci::Digest& chain, const FileOwners& owners) {
  if (!owners.are_recorded()) return;
  std::optional<std::string> links;
  if (const LinkOwners known = owners.links(); !known.empty()) links = to_text(known);
  database_.run("UPDATE snapshots SET links = ? WHERE chain = ?", links, chain);
}

}  // namespace cbuild::store
