// A connection to the SQLite database of the store. Hides sqlite3.h, which only database.cpp
// includes.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/util/patience.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cbuild::oci {
class Digest;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::store {

class Database;

/// State of a wait for another process that uses the database; see database.cpp.
struct Waiting {
  const CancelToken* cancel = nullptr;
  std::optional<Patience> patience = {};
};

/// A running statement. The object holds the lock of the Database, so it must be short-lived and
/// stay in one thread.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  /// Advances to the next row; false at the end. @throws Error
  bool next();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  /// @throws Error when the column holds no digest.
  oci::Digest digest(int column) const;
  std::optional<oci::Digest> maybe_digest(int column) const;

  std::uint64_t size(int column) const { return static_cast<std::uint64_t>(integer(column)); }

 private:
  friend class Database;
  Query(Database& database, std::string_view sql);

  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  void bind(int index, const oci::Digest& value);
  void bind_null(int index);
  void check(int result);
  void reset() noexcept;

  template <std::integral Integer>
  void bind(int index, Integer value) {
    bind(index, static_cast<std::int64_t>(value));
  }

  template <typename Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind_null(index);
    }
  }

  Database* database_;
  std::unique_lock<std::recursive_mutex> lock_;
  std::string_view sql_;
  sqlite3_stmt* statement_ = nullptr;
};

/// One connection. Thread-safe: statements of different threads run one after the other. Waits for
/// other processes until it is cancelled; after 5 s it says so.
class Database {
 public:
  using Clock = std::function<std::int64_t()>;  ///< seconds since 1970

  /// Opens the database of an existing store without writing anything; read-only when it may not be
  /// written.
  /// @param cancel  ends every wait with Interrupted; may be null
  /// @throws Error(machine) when it is missing, damaged or of another format.
  explicit Database(const std::string& path, Clock clock = {}, const CancelToken* cancel = nullptr);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Creates the database, or the tables that it lacks. Safe between processes.
  static void create(const std::string& path, const CancelToken* cancel = nullptr);

  /// `sql` must be a literal: it is the key under which the prepared statement is kept.
  template <typename... Values>
  Query query(std::string_view sql, const Values&... values) {
    Query query(*this, sql);
    int index = 0;
    (query.bind(++index, values), ...);
    return query;
  }

  /// Runs a statement without result rows; returns the number of rows that it changed.
  template <typename... Values>
  std::int64_t run(std::string_view sql, const Values&... values) {
    Query running = query(sql, values...);
    while (running.next()) {
    }
    return changes();
  }

  /// Whether rows were missing when it was opened, because its log is damaged. There was a warning.
  bool lost_rows() const noexcept { return lost_rows_; }

  /// True on a read-only file system, or without the permission to write.
  bool is_read_only() const noexcept;

  std::int64_t now() const { return clock_(); }

 private:
  friend class Query;
  friend class Transaction;

  std::int64_t changes() const;
  bool still_lacks_something();
  /// Checkpoints the write-ahead log, unless other connections prevent it.
  void fold_log() noexcept;
  [[noreturn]] void fail(std::string_view what) const;

  struct Close {
    void operator()(sqlite3* connection) const noexcept;
  };

  using Connection = std::unique_ptr<sqlite3, Close>;

  /// @param flags  SQLITE_OPEN_*
  static Connection connect(const std::string& path, int flags, Waiting& waiting);

  std::string path_;
  Clock clock_;
  Waiting waiting_;
  Connection connection_;
  bool folds_log_ = false;  ///< at the end
  bool lost_rows_ = false;
  std::recursive_mutex mutex_;
  std::map<std::string_view, sqlite3_stmt*> idle_;  ///< prepared, not in use
};

/// Several statements that take effect together. The constructor takes the write lock of the
/// database; the destructor rolls back unless it was committed. Must not be nested.
class Transaction {
 public:
  enum class Durability {
    process,  ///< survives the death of any process, but not necessarily power loss
    power     ///< survives power loss, with everything committed before
  };

  explicit Transaction(Database& database, Durability durability = Durability::process);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  std::lock_guard<std::recursive_mutex> lock_;
  Durability durability_;
  bool open_ = false;
};

}  // namespace cbuild::store
