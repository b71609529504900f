// Reads tars with our reader and with libarchive: how long each takes, and what each sees.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/layer/compression.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"
#include "src/layer/tar_reader.h"

namespace cbuild::layer {

namespace {

constexpr std::uint64_t kFarBeyond = 1 << 20;               // bytes after the end of a file
constexpr std::uint64_t kMaxRead = std::uint64_t{1} << 40;  // of a file, holes included

struct Listed {
  TarEntry entry;
  Sha256 content;
  bool warned = false;  ///< by libarchive, which goes on
};

/// Called at the end of each entry.
using Visit = std::function<void(Listed&)>;

void add_zeros(Sha256& hash, std::uint64_t count) {
  static const std::vector<std::byte> zeros(kIoBlock);
  for (; count > 0; count -= std::min<std::uint64_t>(count, zeros.size()))
    hash.update(std::span(zeros).first(std::min<std::uint64_t>(count, zeros.size())));
}

/// Hashes the pieces of a file.
class Content {
 public:
  explicit Content(Listed& listed) : listed_(listed) {}

  void add(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset < at_) throw Error("goes back");
    if (offset > listed_.entry.size + kFarBeyond) throw Error("far beyond the end");
    add_zeros(listed_.content, offset - at_);
    listed_.content.update(bytes);
    at_ = offset + bytes.size();
  }

  void finish() {
    if (at_ < listed_.entry.size) add_zeros(listed_.content, listed_.entry.size - at_);
  }

 private:
  Listed& listed_;
  std::uint64_t at_ = 0;
};

void read_with_ours(const std::string& path, const Visit& visit) {
  FdSource file(open_file(path, O_RDONLY), path);
  const auto tar = decompress(file);
  TarReader reader(*tar);
  for (Listed listed; reader.next(listed.entry); listed = {}) {
    Content content(listed);
    for (TarChunk chunk = reader.content(); !chunk.bytes.empty(); chunk = reader.content())
      content.add(chunk.offset, chunk.bytes);
    content.finish();
    visit(listed);
  }
  while (reader.drain() != 0) {
  }
}

std::string text_or_empty(const char* text) {
  return text != nullptr ? text : "";
}

TarEntry::Type type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return TarEntry::Type::hard_link;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return TarEntry::Type::file;
    case AE_IFLNK:
      return TarEntry::Type::symlink;
    case AE_IFCHR:
      return TarEntry::Type::char_device;
    case AE_IFBLK:
      return TarEntry::Type::block_device;
    case AE_IFDIR:
      return TarEntry::Type::directory;
    case AE_IFIFO:
      return TarEntry::Type::fifo;
    default:
      throw Error("entry of unknown type");
  }
}

TarEntry describe(archive_entry* from) {
  TarEntry entry;
  entry.type = type_of(from);
  entry.path = text_or_empty(archive_entry_pathname(from));
  const bool hard = entry.type == TarEntry::Type::hard_link;
  entry.link = text_or_empty(hard ? archive_entry_hardlink(from) : archive_entry_symlink(from));
  entry.mode = archive_entry_perm(from);
  entry.uid = static_cast<std::uint64_t>(archive_entry_uid(from));
  entry.gid = static_cast<std::uint64_t>(archive_entry_gid(from));
  entry.mtime = {archive_entry_mtime(from),
                 static_cast<std::uint32_t>(archive_entry_mtime_nsec(from))};
  if (entry.type == TarEntry::Type::file) {
    entry.size = static_cast<std::uint64_t>(archive_entry_size(from));
  }
  entry.major = archive_entry_rdevmajor(from);
  entry.minor = archive_entry_rdevminor(from);
  archive_entry_xattr_reset(from);
  const char* name = nullptr;
  const void* value = nullptr;
  for (std::size_t size = 0; archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK;)
    entry.xattrs.push_back({name, std::string(static_cast<const char*>(value), size)});
  return entry;
}

/// A libarchive that reads what docker takes, and nothing else.
class Archive {
 public:
  explicit Archive(const std::string& path) {
    archive_read_support_format_tar(archive_);
    archive_read_support_filter_gzip(archive_);
    archive_read_support_filter_bzip2(archive_);
    archive_read_support_filter_xz(archive_);
    archive_read_support_filter_zstd(archive_);
    if (archive_read_open_filename(archive_, path.c_str(), kIoBlock) != ARCHIVE_OK) fail();
  }

  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  ~Archive() { archive_read_free(archive_); }

  bool next(Listed& listed) {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(archive_, &entry);
    if (code == ARCHIVE_EOF) return false;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) fail();
    listed.warned = code == ARCHIVE_WARN;
    listed.entry = describe(entry);
    return true;
  }

  void read_content(Content& content) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    int code = ARCHIVE_OK;
    while ((code = archive_read_data_block(archive_, &bytes, &size, &offset)) == ARCHIVE_OK)
      content.add(static_cast<std::uint64_t>(offset), {static_cast<const std::byte*>(bytes), size});
    if (code != ARCHIVE_EOF) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw Error("{}", text_or_empty(archive_error_string(archive_)));
  }

  archive* archive_ = archive_read_new();
};

void read_with_libarchive(const std::string& path, const Visit& visit) {
  Archive archive(path);
  for (Listed listed; archive.next(listed); listed = {}) {
    if (listed.entry.type == TarEntry::Type::file && listed.entry.size < kMaxRead) {
      Content content(listed);
      archive.read_content(content);
      content.finish();
    }
    visit(listed);
  }
}

using Read = void (*)(const std::string&, const Visit&);

/// One line, in the words of docker.go.
std::string line_of(Listed& listed) {
  constexpr std::array<std::string_view, 7> kTypes = {"file",  "hardlink",  "symlink", "char",
                                                      "block", "directory", "fifo"};
  const TarEntry& entry = listed.entry;
  const bool is_link =
      entry.type == TarEntry::Type::hard_link || entry.type == TarEntry::Type::symlink;
  const bool is_device =
      entry.type == TarEntry::Type::char_device || entry.type == TarEntry::Type::block_device;
  std::string line = fmt::format(
      "{} '{}' {:o} {}:{} {}.{}", kTypes[static_cast<std::size_t>(entry.type)],
      printable(entry.path), entry.mode, static_cast<std::int64_t>(entry.uid),
      static_cast<std::int64_t>(entry.gid), entry.mtime.seconds, entry.mtime.nanoseconds);
  if (is_link) line += fmt::format(" -> '{}'", printable(entry.link));
  if (is_device) line += fmt::format(" {},{}", entry.major, entry.minor);
  if (entry.type == TarEntry::Type::file) {
    line += fmt::format(" {} {}", entry.size, to_hex(listed.content.finish()).substr(0, 16));
  }
  for (const Xattr& xattr : entry.xattrs)
    line += fmt::format(" {}={}", printable(xattr.name), printable(xattr.value));
  return line + (listed.warned ? " (warning)" : "");
}

void list(const std::string& path, Read read) {
  fmt::print("== {}\n", path);
  try {
    read(path, [](Listed& listed) { fmt::print("{}\n", line_of(listed)); });
    fmt::print("end\n");
  } catch (const Error& error) {
    fmt::print("error: {}\n", error.what());
  }
}

double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Alternating runs, so that both see the same machine.
void measure(const std::string& path, int runs) {
  constexpr std::array<Read, 2> kReaders = {read_with_ours, read_with_libarchive};
  std::array<std::vector<double>, 2> times;
  std::array<std::string, 2> seen;
  std::uint64_t entries = 0;
  for (int run = 0; run < runs; ++run) {
    for (std::size_t i = 0; i < kReaders.size(); ++i) {
      Sha256 all;
      entries = 0;
      const double begin = processor_seconds();
      kReaders[i](path, [&](Listed& listed) {
        listed.warned = false;
        all.update(line_of(listed));
        ++entries;
      });
      times[i].push_back(processor_seconds() - begin);
      seen[i] = to_hex(all.finish());
    }
  }
  for (auto& each : times)
    std::ranges::sort(each);
  const double ours = times[0][times[0].size() / 2];
  const double theirs = times[1][times[1].size() / 2];
  fmt::print("{}: {} entries, ours {:.3f} s, libarchive {:.3f} s ({:+.0f} %), {}\n", path, entries,
             ours, theirs, (theirs / ours - 1) * 100,
             seen[0] == seen[1] ? "both see the same" : "they see different archives");
}

int run(const std::vector<std::string>& words) {
  const std::string how = words.empty() ? "" : words[0];
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (how == "time") {
      measure(words[i], 9);
    } else if (how == "ours") {
      list(words[i], read_with_ours);
    } else if (how == "libarchive") {
      list(words[i], read_with_libarchive);
    }
  }
  if (words.size() > 1 && (how == "time" || how == "ours" || how == "libarchive")) return 0;
  fmt::print(stderr, "usage: readers time|ours|libarchive FILE...\n");
  return 2;
}

}  // namespace

}  // namespace cbuild::layer

int main(int count, char** words) {
  std::setlocale(LC_CTYPE, "");  // libarchive converts names into its encoding
  try {
    return cbuild::layer::run({words + 1, words + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "readers: {}\n", error.what());
    return 1;
  }
}
