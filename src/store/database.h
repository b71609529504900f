// The store's SQLite database, wrapped so that sqlite3.h is included by what implements it only.
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

#include "cbuild/oci/digest.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/patience.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cbuild::store {

class Database;

/// What a wait for other processes that use the database knows; see database.cpp.
struct Waiting {
  const CancelToken* cancel = nullptr;
  std::optional<Patience> patience = {};
};

/// A running statement. Holds the database's lock as long as it lives: keep it short, and in one
/// thread.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  /// Goes to the next row; false at the end. @throws Error
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
/// other processes as long as it takes (says so after 5 s), until cancelled.
class Database {
 public:
  using Clock = std::function<std::int64_t()>;  ///< seconds since 1970

  /// Opens the database of an existing store without writing anything, read-only where it cannot be
  /// written.
  /// @param cancel  ends every wait with Interrupted; may be null
  /// @throws Error(machine) when it is missing, damaged or of another format.
  explicit Database(const std::string& path, Clock clock = {}, const CancelToken* cancel = nullptr);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Makes the database, or the tables that it lacks. Safe between processes.
  static void create(const std::string& path, const CancelToken* cancel = nullptr);

  /// `sql` must be a literal: the prepared statement is kept, under that text.
  template <typename... Values>
  Query query(std::string_view sql, const Values&... values) {
    Query query(*this, sql);
    int index = 0;
    (query.bind(++index, values), ...);
    return query;
  }

  /// Runs a statement that gives no rows; returns how many it changed.
  template <typename... Values>
  std::int64_t run(std::string_view sql, const Values&... values) {
    Query running = query(sql, values...);
    while (running.next()) {
    }
    return changes();
  }

  /// Whether rows were found missing when it was opened: a damaged log. A warning said so.
  bool lost_rows() const noexcept { return lost_rows_; }

  /// On a read-only file system, or without the permission to write.
  bool is_read_only() const noexcept;

  std::int64_t now() const { return clock_(); }

 private:
  friend class Query;
  friend class Transaction;

  std::int64_t changes() const;
  bool still_lacks_something();
  /// Moves the write-ahead log into the database proper, unless others are in the way.
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

/// Several statements as one. Takes the database's write lock at once; undone unless committed. Not
/// to be nested.
class Transaction {
 public:
  enum class Durability {
    process,  ///< survives the death of any process; power loss may take it
    power     ///< survives power loss, with all that was committed before
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
