// Checks and copies a damaged database; see salvage.h. Beside database.cpp the only file that
// calls SQLite itself: the types of columns in a damaged database are not reliable.
#include "src/store/salvage.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "src/store/database.h"

namespace cbuild::store {

namespace {

/// A table, the order of its key backwards, and what no row of it may be.
struct Table {
  const char* name;
  const char* backwards;
  const char* malformed;
};

constexpr std::array kTables = {
    Table{"snapshots", "chain DESC",
          "typeof(chain) <> 'blob' OR length(chain) <> 32 OR typeof(diff) <> 'blob' OR"
          " length(diff) <> 32 OR (parent NOT NULL AND (typeof(parent) <> 'blob' OR"
          " length(parent) <> 32)) OR (blob_digest NOT NULL AND (typeof(blob_digest) <> 'blob' OR"
          " length(blob_digest) <> 32)) OR typeof(size) <> 'integer' OR size < 0 OR"
          " typeof(created) <> 'integer' OR typeof(directory) NOT IN ('integer', 'null')"},
    Table{"retired", "directory DESC", "typeof(directory) <> 'integer'"},
    Table{
        "images", "id DESC",
        "typeof(id) <> 'blob' OR length(id) <> 32 OR typeof(digest) <> 'blob' OR"
        " length(digest) <> 32 OR typeof(type) <> 'text' OR typeof(size) <> 'integer' OR size < 0"},
    Table{"names", "name DESC, platform DESC",
          "typeof(name) <> 'text' OR typeof(platform) <> 'text' OR typeof(image) <> 'blob' OR"
          " length(image) <> 32"},
    Table{"digests", "repository DESC, image DESC",
          "typeof(repository) <> 'text' OR typeof(image) <> 'blob' OR length(image) <> 32 OR"
          " typeof(digest) <> 'blob' OR length(digest) <> 32"},
    Table{"records", "kind DESC, key DESC",
          "typeof(kind) <> 'integer' OR typeof(key) <> 'blob' OR length(key) <> 32 OR"
          " typeof(value) <> 'text' OR typeof(used) <> 'integer'"},
};

struct Close {
  void operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }

  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

using Connection = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

/// SQLITE_ERROR: a table is missing.
bool is_damage(int code) {
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;
}

Connection open(const std::string& path) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  Connection connection(opened);
  if (code != SQLITE_OK) throw Error("open {}: {}", path, sqlite3_errmsg(opened));
  // A look shall not write.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return connection;
}

/// Null when what it reads first is damaged.
Statement prepare(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr);
  if (code != SQLITE_OK && !is_damage(code)) throw Error("{}", sqlite3_errmsg(connection));
  return Statement(statement);
}

/// The first column of the first row, or what is wrong with the database.
std::string first_text(sqlite3* connection, const std::string& sql) {
  const Statement statement = prepare(connection, sql);
  if (!statement) return sqlite3_errmsg(connection);
  const int code = sqlite3_step(statement.get());
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW && !is_damage(code)) throw Error("{}", sqlite3_errmsg(connection));
  if (code != SQLITE_ROW) return sqlite3_errmsg(connection);
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
  return text == nullptr ? "" : text;
}

void execute(sqlite3* connection, const std::string& sql) {
  if (sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw Error("copy the database: {}", sqlite3_errmsg(connection));
  }
}

/// Copies rows until one cannot be read. One that is there already stays.
void copy_rows(sqlite3* from, sqlite3* to, const Table& table, const std::string& order) {
  const Statement rows = prepare(from, fmt::format("SELECT * FROM {}{}", table.name, order));
  if (!rows) return;
  const int columns = sqlite3_column_count(rows.get());
  // By name: a store of an earlier cbuild may lack a column.
  std::string names = sqlite3_column_name(rows.get(), 0);
  std::string places = "?";
  for (int i = 1; i < columns; ++i) {
    names += fmt::format(", {}", sqlite3_column_name(rows.get(), i));
    places += ", ?";
  }
  const Statement insert = prepare(
      to, fmt::format("INSERT OR IGNORE INTO {}({}) VALUES({})", table.name, names, places));
  if (!insert) return;  // of another format
  while (sqlite3_step(rows.get()) == SQLITE_ROW) {
    for (int i = 0; i < columns; ++i)
      sqlite3_bind_value(insert.get(), i + 1, sqlite3_column_value(rows.get(), i));
    sqlite3_step(insert.get());  // a row that breaks a constraint makes no sense
    sqlite3_reset(insert.get());
  }
}

void copy_all(const std::string& damaged, const std::string& fresh) {
  const Connection from = open(damaged);
  const Connection to = open(fresh);
  execute(to.get(), "PRAGMA synchronous = FULL");
  execute(to.get(), "BEGIN");
  for (const Table& table : kTables) {
    copy_rows(from.get(), to.get(), table, "");
    // Reading stops at a damaged page; reading backwards gets the rows behind it.
    copy_rows(from.get(), to.get(), table, fmt::format(" ORDER BY {}", table.backwards));
    execute(to.get(), fmt::format("DELETE FROM {} WHERE {}", table.name, table.malformed));
  }
  execute(to.get(), "COMMIT");
  execute(to.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
}

void remove_with_log(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"})
    ::unlink((path + suffix).c_str());
}

void rename_to(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
    throw SysError("rename {} to {}", from, to);
  }
}

}  // namespace

std::optional<std::string> problem_of_database(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return "it is missing";
  const Connection connection = open(path);
  const std::string answer = first_text(connection.get(), "PRAGMA integrity_check(1)");
  if (answer != "ok") return answer;
  for (const Table& table : kTables) {
    const std::string count =
        first_text(connection.get(),
                   fmt::format("SELECT count(*) FROM {} WHERE {}", table.name, table.malformed));
    if (count != "0") return fmt::format("{} rows of its table {} are invalid", count, table.name);
  }
  return std::nullopt;
}

void salvage_database(const std::string& path) {
  const std::string fresh = path + ".new";
  const std::string kept = path + ".damaged";
  remove_with_log(fresh);
  Database::create(fresh);
  if (::access(path.c_str(), F_OK) == 0) copy_all(path, fresh);
  // The log goes first: SQLite would apply it to whatever database is beside it.
  remove_with_log(kept);
  rename_to(path + "-wal", kept + "-wal");
  rename_to(path, kept);
  ::unlink((path + "-shm").c_str());
  rename_to(fresh, path);
  remove_with_log(fresh);
  const Fd directory = open_directory(path.substr(0, path.find_last_of('/')));
  if (::fsync(directory.get()) != 0) throw SysError("fsync the directory of {}", path);
}

}  // namespace cbuild::store
