// Blocks and checksums of the write-ahead log; see log_file.h.
#include "src/store/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"

namespace cbuild::store {

namespace {

/// Twice the size at which the log is folded in, so that it is large enough whenever it is needed.
constexpr std::uint64_t kReserve = 1 << 20;
constexpr std::uint64_t kLeastReserve = 64 << 10;

constexpr std::uint32_t kMagic = 0x377f0682;  // its last bit: checksums are of big-endian words
constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kFrameHeaderSize = 24;

std::string log_of(const std::string& database) {
  return database + "-wal";
}

/// The length of the log while something in it is not in the database.
std::string note_of(const std::string& database) {
  return database + "-wal-size";
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// The running checksum of a log.
class Checksum {
 public:
  explicit Checksum(bool swap) : swap_(swap) {}

  /// @param bytes  a multiple of eight
  void add(std::string_view bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first_ += word(bytes, at) + second_;
      second_ += word(bytes, at + 4) + first_;
    }
  }

  bool is_at(std::string_view bytes, std::size_t at) const {
    return big_endian(bytes, at) == first_ && big_endian(bytes, at + 4) == second_;
  }

 private:
  std::uint32_t word(std::string_view bytes, std::size_t at) const {
    if (swap_) return __builtin_bswap32(big_endian(bytes, at));
    return big_endian(bytes, at);
  }

  bool swap_;  ///< the words are little-endian
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

bool is_committed(std::string_view frame) {
  return big_endian(frame, 4) != 0;
}

std::uint64_t noted_size(const std::string& database) {
  const auto note = read_file_if_exists(note_of(database), 64);
  return note ? parse_uint(trim(*note)).value_or(0) : 0;
}

/// Somebody had the database open, so that not all could be folded in.
void note_size(const std::string& database, std::uint64_t size) {
  const Fd note = open_file(note_of(database), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  write_all(note.get(), as_bytes(fmt::format("{}\n", size)), note_of(database));
}

void reserve_blocks(const std::string& database) {
  const Fd log(::open(log_of(database).c_str(), O_WRONLY | O_CLOEXEC));
  struct stat status = {};
  if (!log || ::fstat(log.get(), &status) != 0) return;
  const std::uint64_t has = static_cast<std::uint64_t>(status.st_blocks) * 512;
  for (std::uint64_t size = kReserve; size > has && size >= kLeastReserve; size /= 2) {
    const auto bytes = static_cast<off_t>(size);
    if (::fallocate(log.get(), FALLOC_FL_KEEP_SIZE, 0, bytes) == 0) return;
  }
}

}  // namespace

std::uint64_t log_size(const std::string& database) {
  struct stat log = {};
  return ::stat(log_of(database).c_str(), &log) == 0 ? static_cast<std::uint64_t>(log.st_size) : 0;
}

bool may_truncate_log(const std::string& database) {
  struct statvfs space = {};
  return ::statvfs(database.c_str(), &space) == 0 && space.f_bavail > 4 * kReserve / space.f_frsize;
}

void settle_log(const std::string& database) noexcept {
  try {
    reserve_blocks(database);
    const std::uint64_t size = log_size(database);
    if (size > 0) note_size(database, size);
    // A process that checkpoints the log at the same time removes the note as well, before this
    // line or after it.
    if (size == 0 || log_size(database) == 0) ::unlink(note_of(database).c_str());
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
}

bool is_damaged_log(std::string_view log) {
  if (log.size() < kHeaderSize) return false;
  if (log.find_first_not_of('\0') == std::string_view::npos) return false;
  const std::uint32_t magic = big_endian(log, 0);
  const std::uint32_t page_size = big_endian(log, 8);
  Checksum sum((magic & 1) == 0);
  sum.add(log.substr(0, 24));
  if ((magic & ~1U) != kMagic || !sum.is_at(log, 24)) return true;

  const std::string_view salts = log.substr(16, 8);
  const std::size_t frame_size = kFrameHeaderSize + page_size;
  bool valid = true;
  for (std::size_t at = kHeaderSize; at + frame_size <= log.size(); at += frame_size) {
    const std::string_view frame = log.substr(at, frame_size);
    const bool of_this_log = frame.substr(8, 8) == salts;
    if (valid) {
      sum.add(frame.substr(0, 8));
      sum.add(frame.substr(kFrameHeaderSize));
      valid = of_this_log && sum.is_at(frame, 16);
    }
    if (!valid && of_this_log && is_committed(frame)) return true;
  }
  return false;
}

bool log_lacks_something(const std::string& database) {
  const std::uint64_t size = log_size(database);
  if (size < noted_size(database)) return true;
  return size > 0 && is_damaged_log(read_file_if_exists(log_of(database)).value_or(""));
}

}  // namespace cbuild::store
