// The tar parser; see tar_reader.h.
#include "src/layer/tar_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cbuild/util/error.h"

namespace cbuild::layer {

namespace {

constexpr std::uint64_t kMaxExtension = 1 << 20;  ///< bytes of a PAX header or a GNU long name
constexpr std::size_t kMaxName = 32 << 10;
constexpr std::uint64_t kMaxHoles = std::uint64_t{64} << 30;  ///< bytes of one file not in the tar

std::uint64_t padding_of(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

std::string_view text_of(std::span<const char> field) {
  return {field.data(), ::strnlen(field.data(), field.size())};
}

bool is_zero(const TarHeader& header) {
  const auto* bytes = reinterpret_cast<const char*>(&header);
  return std::all_of(bytes, bytes + kTarBlock, [](char byte) { return byte == '\0'; });
}

/// Old-GNU sparse members put their map where ustar has the prefix.
struct OldSparse {
  struct Piece {
    std::array<char, 12> offset;
    std::array<char, 12> size;
  };

  static constexpr std::size_t kInHeader = 4;
  static constexpr std::size_t kInBlock = 21;
  static constexpr std::size_t kMapAt = 386;
  static constexpr std::size_t kHeaderContinuesAt = 482;
  static constexpr std::size_t kRealSizeAt = 483;
  static constexpr std::size_t kBlockContinuesAt = 504;
};

std::string path_of(const TarHeader& header) {
  const std::string_view name = text_of(header.name);
  const std::string_view magic(header.magic.data(), header.magic.size());
  // GNU's own format ("ustar  ") keeps other things there.
  if (!magic.starts_with(std::string_view("ustar\0", 6))) return std::string(name);
  std::string_view prefix = text_of(header.prefix);
  // star: 131 bytes, then times.
  if (std::string_view(header.padding.data() + 8, 4) == std::string_view("tar\0", 4)) {
    prefix = text_of(std::span(header.prefix).first(131));
  }
  if (prefix.empty()) return std::string(name);
  std::string path(prefix);
  path += '/';
  path += name;
  return path;
}

std::optional<TarEntry::Type> type_of(char flag) {
  switch (flag) {
    case '0':
    case '\0':
    case '7':  // contiguous
    case 'S':  // sparse
      return TarEntry::Type::file;
    case '1':
      return TarEntry::Type::hard_link;
    case '2':
      return TarEntry::Type::symlink;
    case '3':
      return TarEntry::Type::char_device;
    case '4':
      return TarEntry::Type::block_device;
    case '5':
    case 'D':  // with a list of names as its content
      return TarEntry::Type::directory;
    case '6':
      return TarEntry::Type::fifo;
    default:
      return std::nullopt;
  }
}

}  // namespace

void TarReader::fail(const char* why) const {
  throw Error("tar: {} (at byte {})", why, offset_);
}

/// Makes the buffer hold at least one byte more. False at the end of the stream.
bool TarReader::fill() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const std::size_t count = source_.read(std::span(buffer_).subspan(end_));
  end_ += count;
  return count != 0;
}

void TarReader::skip(std::uint64_t count) {
  while (count != 0) {
    if (begin_ == end_ && !fill()) fail("ends early");
    const std::uint64_t step = std::min<std::uint64_t>(count, end_ - begin_);
    begin_ += step;
    offset_ += step;
    count -= step;
  }
}

/// False at the end of the stream.
bool TarReader::read_block(TarHeader& header) {
  while (end_ - begin_ < kTarBlock) {
    if (fill()) continue;
    if (begin_ == end_) return false;
    fail("ends early");
  }
  std::memcpy(&header, buffer_.data() + begin_, kTarBlock);
  begin_ += kTarBlock;
  offset_ += kTarBlock;
  return true;
}

/// Reads and checks one header. False at the end of the archive.
bool TarReader::read_header(TarHeader& header) {
  if (!read_block(header)) return false;
  if (is_zero(header)) {
    if (read_block(header) && !is_zero(header)) fail("something follows a block of zeros");
    return false;
  }
  if (!has_right_checksum(header)) fail("wrong checksum of a header");
  return true;
}

std::string TarReader::read_text(std::uint64_t size, const char* what) {
  if (size > kMaxExtension) fail(what);
  std::string text;
  text.reserve(size);
  while (text.size() < size) {
    if (begin_ == end_ && !fill()) fail("ends early");
    const std::size_t step = std::min<std::size_t>(size - text.size(), end_ - begin_);
    text.append(reinterpret_cast<const char*>(buffer_.data()) + begin_, step);
    begin_ += step;
    offset_ += step;
  }
  skip(padding_of(size));
  return text;
}

/// Keeps what an extension header says about the next entry. False when `header` is an entry.
bool TarReader::take_extension(const TarHeader& header, std::uint64_t size) {
  switch (header.type) {
    case 'x':
    case 'X':
      if (pax_) fail("two PAX headers for one entry");
      pax_ = parse_pax(read_text(size, "PAX header above 1 MiB"));
      return true;
    case 'g':
      parse_pax(read_text(size, "PAX header above 1 MiB"));
      return true;
    case 'L':
    case 'K': {
      std::optional<std::string>& name = header.type == 'L' ? long_name_ : long_link_;
      if (name) fail("two long names for one entry");
      name = read_text(size, "GNU long name above 1 MiB");
      name->resize(::strnlen(name->data(), name->size()));
      return true;
    }
    case 'V':  // label of the archive
      skip(size + padding_of(size));
      return true;
    default:
      return false;
  }
}

bool TarReader::next(TarEntry& entry) {
  skip(std::exchange(stored_, 0));
  skip(std::exchange(padding_, 0));
  TarHeader header;
  for (;;) {
    if (!read_header(header)) {
      if (pax_ || long_name_ || long_link_) fail("ends early");
      return false;
    }
    const auto size = parse_tar_number(header.size);
    if (!size || *size < 0) fail("bad size in a header");
    if (take_extension(header, static_cast<std::uint64_t>(*size))) continue;
    describe(header, entry);
    start_content(header, entry, static_cast<std::uint64_t>(*size));
    pax_.reset();
    long_name_.reset();
    long_link_.reset();
    return true;
  }
}

std::uint64_t TarReader::number(std::span<const char> field, const char* what) const {
  const auto value = parse_tar_number(field);
  if (!value || *value < 0) fail(what);
  return static_cast<std::uint64_t>(*value);
}

/// What the header says, all but the content.
void TarReader::describe(const TarHeader& header, TarEntry& entry) const {
  const auto type = type_of(header.type);
  if (!type) fail("entry of unknown type");
  entry.type = *type;
  entry.path = long_name_ ? *long_name_ : path_of(header);
  entry.link = long_link_ ? *long_link_ : std::string(text_of(header.link));
  entry.mode = static_cast<std::uint32_t>(number(header.mode, "bad mode in a header") & 07777);
  entry.uid = number(header.uid, "bad owner in a header");
  entry.gid = number(header.gid, "bad group in a header");
  const auto seconds = parse_tar_number(header.mtime);
  if (!seconds) fail("bad time in a header");
  entry.mtime = {*seconds, 0};
  entry.major = entry.minor = 0;
  if (*type == TarEntry::Type::char_device || *type == TarEntry::Type::block_device) {
    entry.major = number(header.major, "bad device number in a header");
    entry.minor = number(header.minor, "bad device number in a header");
  }
  entry.xattrs.clear();
  if (pax_) describe_by_pax(entry);
  if (entry.path.size() > kMaxName || entry.link.size() > kMaxName) fail("name above 32 KiB");
  // v7 has no type for directories.
  if (header.type == '\0' && entry.path.ends_with('/')) entry.type = TarEntry::Type::directory;
}

void TarReader::describe_by_pax(TarEntry& entry) const {
  if ((pax_->path && long_name_) || (pax_->link && long_link_)) {
    fail("a PAX and a GNU name for one entry");
  }
  if (pax_->path) entry.path = *pax_->path;
  if (pax_->sparse_path) entry.path = *pax_->sparse_path;
  if (pax_->link) entry.link = *pax_->link;
  if (pax_->uid) entry.uid = *pax_->uid;
  if (pax_->gid) entry.gid = *pax_->gid;
  if (pax_->mtime) entry.mtime = *pax_->mtime;
  entry.xattrs = pax_->xattrs;
}

void TarReader::start_content(const TarHeader& header, TarEntry& entry, std::uint64_t size) {
  extents_.clear();
  extent_ = 0;
  extent_done_ = position_ = 0;
  entry.sparse = false;
  entry.size = 0;
  // The size in the stream decides where the next header is; the PAX record overrides the header.
  // Links, devices and directories have no content, whatever their size says; all
  // readers agree on that for hard links, and those that containers are read with for the others.
  if (pax_ && pax_->size) size = *pax_->size;
  if (header.type == '\0' && entry.type == TarEntry::Type::directory && size != 0) {
    fail("directory with content");
  }
  if (entry.type != TarEntry::Type::file && header.type != 'D') return;
  stored_ = size;
  padding_ = padding_of(size);
  if (entry.type != TarEntry::Type::file) return;
  entry.size = size;
  if (header.type == 'S') {
    read_old_sparse_map(header, entry.size);
  } else if (pax_ && pax_->sparse) {
    if (!pax_->sparse_size) fail("sparse file without a size");
    entry.size = *pax_->sparse_size;
    if (pax_->map_in_content) {
      read_new_sparse_map();
    } else {
      extents_ = pax_->extents;
    }
  } else {
    return;
  }
  entry.sparse = true;
  check_extents(entry.size);
}

void TarReader::read_old_sparse_map(const TarHeader& header, std::uint64_t& real_size) {
  const auto take = [&](const char* at, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      OldSparse::Piece piece;
      std::memcpy(&piece, at + i * sizeof piece, sizeof piece);
      if (piece.size[0] == '\0' && piece.offset[0] == '\0') return;
      const auto offset = parse_tar_number(piece.offset);
      const auto size = parse_tar_number(piece.size);
      if (!offset || !size || *offset < 0 || *size < 0) fail("bad map of a sparse file");
      if (extents_.size() == kMaxTarExtents) fail("too many pieces in a sparse file");
      extents_.push_back({static_cast<std::uint64_t>(*offset), static_cast<std::uint64_t>(*size)});
    }
  };
  const auto* bytes = reinterpret_cast<const char*>(&header);
  const auto size = parse_tar_number(std::span(bytes + OldSparse::kRealSizeAt, 12));
  if (!size || *size < 0) fail("bad size of a sparse file");
  real_size = static_cast<std::uint64_t>(*size);
  take(bytes + OldSparse::kMapAt, OldSparse::kInHeader);
  bool more = bytes[OldSparse::kHeaderContinuesAt] != '\0';
  while (more) {
    TarHeader block;
    if (!read_block(block)) fail("ends early");
    const auto* map = reinterpret_cast<const char*>(&block);
    take(map, OldSparse::kInBlock);
    more = map[OldSparse::kBlockContinuesAt] != '\0';
    if (more && extents_.size() == kMaxTarExtents) fail("too many pieces in a sparse file");
  }
}

/// Format 1.0: decimal numbers, a line each, in the first blocks of the content.
void TarReader::read_new_sparse_map() {
  std::string_view rest;
  TarHeader block;
  const auto number = [&] {
    std::uint64_t value = 0;
    for (int digits = 0;; ++digits) {
      if (rest.empty()) {
        if (stored_ < kTarBlock || !read_block(block)) fail("bad map of a sparse file");
        stored_ -= kTarBlock;
        rest = {reinterpret_cast<const char*>(&block), kTarBlock};
      }
      const char digit = rest.front();
      rest.remove_prefix(1);
      if (digit == '\n' && digits != 0) return value;
      if (digit < '0' || digit > '9' || digits == 18) fail("bad map of a sparse file");
      value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
  };
  const std::uint64_t count = number();
  if (count > kMaxTarExtents) fail("too many pieces in a sparse file");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = number();
    extents_.push_back({offset, number()});
  }
}

void TarReader::check_extents(std::uint64_t real_size) const {
  std::uint64_t end = 0;
  std::uint64_t content = 0;
  for (const TarExtent& extent : extents_) {
    if (extent.offset < end || extent.offset > real_size ||
        extent.size > real_size - extent.offset) {
      fail("bad map of a sparse file");
    }
    end = extent.offset + extent.size;
    content += extent.size;
  }
  if (content != stored_) fail("map of a sparse file does not fit its content");
  if (real_size - content > kMaxHoles) fail("sparse file with more than 64 GiB of holes");
}

TarChunk TarReader::content() {
  if (stored_ == 0) return {};
  std::uint64_t limit = stored_;
  if (!extents_.empty()) {
    while (extent_done_ == extents_[extent_].size) {
      ++extent_;
      extent_done_ = 0;
    }
    position_ = extents_[extent_].offset + extent_done_;
    limit = extents_[extent_].size - extent_done_;
  }
  if (begin_ == end_ && !fill()) fail("ends early");
  const std::uint64_t size = std::min<std::uint64_t>(limit, end_ - begin_);
  const TarChunk chunk{position_, std::span(buffer_).subspan(begin_, size)};
  begin_ += size;
  offset_ += size;
  stored_ -= size;
  position_ += size;
  extent_done_ += size;
  return chunk;
}

std::size_t TarReader::drain() {
  if (begin_ == end_ && !fill()) return 0;
  const std::size_t rest = end_ - std::exchange(begin_, end_);
  offset_ += rest;
  return rest;
}

}  // namespace cbuild::layer
