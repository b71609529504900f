// Prepared statements, waits and checkpoints of SQLite; see database.h.
#include "src/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iterator>
#include <utility>

#include "cbuild/oci/digest.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/once.h"
#include "cbuild/util/sha256.h"
#include "src/store/log_file.h"
#include "src/store/schema.h"
#include "src/store/shared_memory.h"

namespace cbuild::store {

namespace {

// A smaller write-ahead log is left to the next writer: a checkpoint costs two fsyncs, whereas
// opening the database with such a log costs well under a millisecond.
constexpr std::uint64_t kSmallLog = 256 * 1024;

// While the program runs, SQLite folds in a log of so many pages of 4 KiB.
constexpr int kLargeLog = 128;

constexpr const char* kRelaxed = "PRAGMA synchronous = NORMAL";

/// A database on a read-only file system whose log is empty: it can be read without the memory that
/// processes share (-shm), which cannot be made there.
bool cannot_change(const std::string& path) {
  struct statvfs system = {};
  return ::statvfs(path.c_str(), &system) == 0 && (system.f_flag & ST_RDONLY) != 0 &&
         log_size(path) == 0;
}

std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", c);
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

constexpr const char* kDamaged =
    "the store is damaged: 'cbuild verify --repair' keeps what can still be read";

/// The busy handler of SQLite: 0 = give up.
int wait_for_others(void* of_connection, int tries) {
  Waiting& waiting = *static_cast<Waiting*>(of_connection);
  if (tries == 0) {
    waiting.patience.emplace("another cbuild that writes to the store", waiting.cancel);
  }
  return waiting.patience->pause() ? 1 : 0;
}

/// The error number of a system call that failed beneath the last statement; 0 = none did.
/// @param last  errno after the statement
int system_error(sqlite3* connection, int last) {
  switch (sqlite3_extended_errcode(connection)) {
    case SQLITE_FULL:
      return ENOSPC;
    case SQLITE_IOERR_SHMSIZE:  // the memory that processes share could not grow
      return sqlite3_system_errno(connection) == EFBIG ? EFBIG : ENOSPC;
    default:
      break;
  }
  switch (sqlite3_errcode(connection)) {
    case SQLITE_CORRUPT:
      return last == EIO ? EIO : 0;  // nothing else tells a disk that cannot be read
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      // That of a commit is in errno alone.
      return last != 0 ? last : sqlite3_system_errno(connection);
    default:
      return 0;
  }
}

void guard_shared_memory() {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  if (vfs == nullptr || vfs->iVersion < 3) return;
  const auto replace = [vfs](const char* name, auto* function) {
    vfs->xSetSystemCall(vfs, name, reinterpret_cast<sqlite3_syscall_ptr>(function));
  };
  replace("mmap", map_with_all_blocks);
  replace("ftruncate", truncate_or_clear);
}

[[noreturn]] void throw_failure(sqlite3* connection,
                                const Waiting& waiting,
                                int last_errno,
                                const std::string& what) {
  const int code = sqlite3_errcode(connection);
  const bool cancelled = waiting.cancel != nullptr && waiting.cancel->cancelled();
  if (code == SQLITE_BUSY && cancelled) throw Interrupted();
  if (const int number = system_error(connection, last_errno); number != 0) {
    auto error = SysError::from_code(number, what);
    if (number == ENOENT) error.with_hint(kDamaged);
    throw error;
  }
  if (code == SQLITE_READONLY) throw Error("{}: the store is read-only", what);
  Error error("{}: {}", what, sqlite3_errmsg(connection));
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    error.with_hint(kDamaged);
  }
  throw error;
}

/// -1 when it cannot be read.
int format_of(sqlite3* connection) {
  int format = -1;
  const auto store = [](void* result, int, char** values, char**) {
    *static_cast<int*>(result) = values[0] == nullptr ? -1 : std::atoi(values[0]);  // NOLINT
    return 0;
  };
  sqlite3_exec(connection, "PRAGMA user_version", store, &format, nullptr);
  return format;
}

/// Readies a connection, which reads the database for the first time. Returns its format.
int first_look(sqlite3* connection) {
  if (sqlite3_exec(connection, kRelaxed, nullptr, nullptr, nullptr) != SQLITE_OK) return -1;
  return format_of(connection);
}

[[noreturn]] void refuse_format(const std::string& path, int format) {
  throw Error("{} has format {}, this cbuild knows format {}", path, format, kFormat)
      .with_hint("use the cbuild that made the store, or another store");
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const noexcept {
  sqlite3_close_v2(connection);
}

Database::Connection Database::connect(const std::string& path, int flags, Waiting& waiting) {
  static Once once;
  once.run(guard_shared_memory);
  sqlite3* opened = nullptr;
  errno = 0;
  const int result = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(opened);
  if (result != SQLITE_OK) throw_failure(opened, waiting, errno, "open " + path);
  sqlite3_busy_handler(opened, wait_for_others, &waiting);
  // Closing must not write: the destructor decides.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_autocheckpoint(opened, kLargeLog);
  return connection;
}

Database::Database(const std::string& path, Clock clock, const CancelToken* cancel)
    : path_(path),
      clock_(std::move(clock)),
      waiting_{.cancel = cancel},
      connection_(connect(path, SQLITE_OPEN_READWRITE, waiting_)) {
  if (!clock_) clock_ = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  int format = first_look(connection_.get());
  if (format < 0 && cannot_change(path_)) {
    connection_ = connect(immutable_uri(path_), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, waiting_);
    format = first_look(connection_.get());
  }
  if (format < 0) fail("open");
  if (format != kFormat) refuse_format(path_, format);
  lost_rows_ = log_lacks_something(path_) && still_lacks_something();
  if (lost_rows_) {
    log_warning(
        "the log of {} is damaged: the last changes may be lost; 'cbuild verify --repair' repairs "
        "what it can",
        path_);
  }
}

bool Database::still_lacks_something() {
  if (is_read_only()) return true;
  const Transaction nobody_writes(*this);
  return log_lacks_something(path_);
}

bool Database::is_read_only() const noexcept {
  return sqlite3_db_readonly(connection_.get(), "main") == 1;
}

Database::~Database() {
  for (const auto& [sql, statement] : idle_)
    sqlite3_finalize(statement);
  if (sqlite3_total_changes(connection_.get()) == 0) return;
  if (folds_log_ || log_size(path_) > kSmallLog) fold_log();
  settle_log(path_);
}

void Database::fold_log() noexcept {
  sqlite3_busy_handler(connection_.get(), nullptr, nullptr);
  const int mode = may_truncate_log(path_) ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, mode, nullptr, nullptr);
}

void Database::create(const std::string& path, const CancelToken* cancel) {
  Waiting waiting{.cancel = cancel};
  const Connection connection = connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, waiting);
  // Closing shall put the tables into the database proper.
  sqlite3_db_config(connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  const auto run = [&](const char* sql) {
    if (sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw_failure(connection.get(), waiting, errno, "make " + path);
    }
  };
  run("PRAGMA journal_mode = WAL");
  run(kRelaxed);
  run("BEGIN IMMEDIATE");
  const int format = format_of(connection.get());
  if (format < 0) throw_failure(connection.get(), waiting, errno, "make " + path);
  if (format == 0) run(kSchema);
  if (format != 0 && format != kFormat) refuse_format(path, format);
  run("COMMIT");
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(connection_.get());
}

void Database::fail(std::string_view what) const {
  const int last = errno;
  throw_failure(connection_.get(), waiting_, last, fmt::format("{} {}", what, path_));
}

Query::Query(Database& database, std::string_view sql)
    : database_(&database), lock_(database.mutex_), sql_(sql) {
  statement_ = std::exchange(database.idle_[sql], nullptr);
  if (statement_ != nullptr) return;
  if (sqlite3_prepare_v3(database.connection_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK) {
    database.fail("query");
  }
}

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      lock_(std::move(other.lock_)),
      sql_(other.sql_),
      statement_(std::exchange(other.statement_, nullptr)) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  reset();
  sqlite3_stmt*& slot = database_->idle_[sql_];
  if (slot == nullptr) {
    slot = statement_;
  } else {
    sqlite3_finalize(statement_);
  }
}

void Query::reset() noexcept {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Query::next() {
  errno = 0;
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      sqlite3_reset(statement_);
      return false;
    default:
      database_->fail("use");
  }
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Query::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

oci::Digest Query::digest(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  Sha256Sum sum{};
  if (bytes == nullptr || sqlite3_column_bytes(statement_, column) != std::ssize(sum)) {
    throw Error("{} is damaged: a digest is missing", database_->path_);
  }
  std::memcpy(sum.data(), bytes, sum.size());
  return oci::Digest(sum);
}

std::optional<oci::Digest> Query::maybe_digest(int column) const {
  if (is_null(column)) return std::nullopt;
  return digest(column);
}

void Query::check(int result) {
  if (result != SQLITE_OK) database_->fail("bind");
}

void Query::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value));
}

void Query::bind(int index, std::string_view value) {
  // A null pointer would be bound as NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));  // NOLINT
}

void Query::bind(int index, const oci::Digest& value) {
  const Sha256Sum& sum = value.sum();
  check(sqlite3_bind_blob(statement_, index, sum.data(), static_cast<int>(sum.size()),
                          SQLITE_TRANSIENT));  // NOLINT
}

void Query::bind_null(int index) {
  check(sqlite3_bind_null(statement_, index));
}

Transaction::Transaction(Database& database, Durability durability)
    : database_(database), lock_(database.mutex_), durability_(durability) {
  // Only outside of a transaction does the pragma count.
  if (durability_ == Durability::power) database_.run("PRAGMA synchronous = FULL");
  database_.run("BEGIN IMMEDIATE");
  open_ = true;
}

Transaction::~Transaction() {
  const auto attempt = [this](const char* sql) noexcept {
    try {
      database_.run(sql);
    } catch (const Error& error) {
      log_debug("{}: {}", sql, error.what());
    }
  };
  if (open_) attempt("ROLLBACK");
  if (durability_ == Durability::power) attempt("PRAGMA synchronous = NORMAL");
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
  database_.folds_log_ = true;
}

}  // namespace cbuild::store
