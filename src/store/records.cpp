// Rows of the table `records`; see records.h.
#include "cbuild/store/records.h"

#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "src/store/database.h"

namespace cbuild::store {

namespace {

constexpr std::int64_t kTouchInterval = 3600;  // seconds

int number(RecordKind kind) {
  return static_cast<int>(kind);
}

void touch(Database& database, RecordKind kind, const oci::Digest& key) {
  try {
    database.run("UPDATE records SET used = ? WHERE kind = ? AND key = ?", database.now(),
                 number(kind), key);
  } catch (const Error& error) {
    // Prune may then think it older than it is; no reason to fail.
    log_debug("{}", error.what());
  }
}

}  // namespace

std::optional<std::string> Records::find(RecordKind kind, const oci::Digest& key) const {
  std::string value;
  std::int64_t used = 0;
  {
    Query query = database_.query("SELECT value, used FROM records WHERE kind = ? AND key = ?",
                                  number(kind), key);
    if (!query.next()) return std::nullopt;
    value = query.text(0);
    used = query.integer(1);
  }
  // A time in the future, from a clock that was wrong, is mended as well.
  const std::int64_t now = database_.now();
  if (used > now || now - used >= kTouchInterval) touch(database_, kind, key);
  return value;
}

std::optional<std::int64_t> Records::created(RecordKind kind, const oci::Digest& key) const {
  Query query =
      database_.query("SELECT created FROM records WHERE kind = ? AND key = ?", number(kind), key);
  if (!query.next()) return std::nullopt;
  return query.integer(0);
}

void Records::save(RecordKind kind, const oci::Digest& key, std::string_view value) {
  const std::int64_t now = database_.now();
  database_.run(
      "INSERT INTO records(kind, key, value, created, used) VALUES(?1, ?2, ?3, ?4, ?4)"
      " ON CONFLICT(kind, key) DO UPDATE SET value = ?3, created = ?4, used = ?4",
      number(kind), key, value, now);
}

void Records::forget(RecordKind kind, const oci::Digest& key) {
  database_.run("DELETE FROM records WHERE kind = ? AND key = ?", number(kind), key);
}

}  // namespace cbuild::store
