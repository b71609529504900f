// Numbers, checksums and PAX records; see tar_format.h.
#include "cbuild/layer/tar_format.h"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::layer {

namespace {

constexpr auto kMaxSigned = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::optional<std::int64_t> parse_base256(std::span<const char> field) {
  const bool negative = (static_cast<unsigned char>(field[0]) & 0x40) != 0;
  // The first bit marks the format; what it would say as part of the number, the second bit says.
  const unsigned char fill = negative ? 0xff : 0x00;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    auto byte = static_cast<unsigned char>(field[i]);
    if (i == 0) byte = static_cast<unsigned char>(negative ? byte | 0x80 : byte & 0x7f);
    if ((value >> 56) != fill) return std::nullopt;
    value = (value << 8) | byte;
  }
  if (((value >> 63) != 0) != negative) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

[[noreturn]] void refuse(std::string_view key, std::string_view value) {
  throw Error("tar: PAX record {} has a bad value '{}'", printable(key),
              printable(value.substr(0, 100)));
}

std::uint64_t parse_count(std::string_view key, std::string_view text) {
  const auto value = parse_uint(text);
  if (!value || *value > kMaxSigned) refuse(key, text);
  return *value;
}

/// "SECONDS[.FRACTION]", possibly negative.
TarTime parse_time(std::string_view key, std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view whole = text.substr(negative ? 1 : 0);
  std::string_view fraction;
  if (const auto dot = whole.find('.'); dot != std::string_view::npos) {
    fraction = whole.substr(dot + 1);
    whole = whole.substr(0, dot);
  }
  const std::uint64_t seconds = whole.empty() && !fraction.empty() ? 0 : parse_count(key, whole);
  std::uint32_t nanoseconds = 0;
  for (std::size_t i = 0; i < std::max<std::size_t>(fraction.size(), 9); ++i) {
    const char digit = i < fraction.size() ? fraction[i] : '0';
    if (digit < '0' || digit > '9') refuse(key, text);
    if (i < 9) nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  auto value = static_cast<std::int64_t>(seconds);
  if (!negative) return {value, nanoseconds};
  value = -value;
  return nanoseconds == 0 ? TarTime{value, 0} : TarTime{value - 1, 1'000'000'000 - nanoseconds};
}

std::string parse_name(std::string_view key, std::string_view value) {
  if (value.find('\0') != std::string_view::npos) refuse(key, value);
  return std::string(value);
}

void add_extent(PaxRecords& records, TarExtent extent) {
  if (records.extents.size() == kMaxTarExtents)
    throw Error("tar: too many pieces in a sparse file");
  records.extents.push_back(extent);
}

/// Sparse format 0.1: "OFFSET,SIZE,OFFSET,SIZE".
void parse_sparse_map(PaxRecords& records, std::string_view key, std::string_view text) {
  records.extents.clear();
  while (!text.empty()) {
    std::array<std::uint64_t, 2> pair{};
    for (std::uint64_t& number : pair) {
      const auto comma = std::min(text.find(','), text.size());
      number = parse_count(key, text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    add_extent(records, {pair[0], pair[1]});
  }
}

void take_sparse(PaxRecords& records, std::string_view key, std::string_view value) {
  records.sparse = true;
  const std::string_view field = key.substr(std::string_view("GNU.sparse.").size());
  if (field == "size" || field == "realsize") {
    records.sparse_size = parse_count(key, value);
  } else if (field == "name") {
    records.sparse_path = parse_name(key, value);
  } else if (field == "map") {
    parse_sparse_map(records, key, value);
  } else if (field == "offset") {
    add_extent(records, {parse_count(key, value), 0});
  } else if (field == "numbytes") {
    if (records.extents.empty()) refuse(key, value);
    records.extents.back().size = parse_count(key, value);
  } else if (field == "major") {
    if (value != "0" && value != "1") refuse(key, value);
    records.map_in_content = value == "1";
  } else if (field == "minor") {
    if (value != "0" && value != "1") refuse(key, value);
  } else if (field == "numblocks") {
    parse_count(key, value);
  } else {
    refuse(key, value);
  }
}

void take_record(PaxRecords& records, std::string_view key, std::string_view value) {
  constexpr std::string_view kXattr = "SCHILY.xattr.";
  if (key.starts_with(kXattr)) {
    std::string name = parse_name(key, key.substr(kXattr.size()));
    std::erase_if(records.xattrs, [&](const Xattr& xattr) { return xattr.name == name; });
    records.xattrs.push_back({std::move(name), std::string(value)});
    return;
  }
  if (value.empty()) return;  // as if the record were not there
  if (key == "path") {
    records.path = parse_name(key, value);
  } else if (key == "linkpath") {
    records.link = parse_name(key, value);
  } else if (key == "size") {
    records.size = parse_count(key, value);
  } else if (key == "uid") {
    records.uid = parse_count(key, value);
  } else if (key == "gid") {
    records.gid = parse_count(key, value);
  } else if (key == "mtime") {
    records.mtime = parse_time(key, value);
  } else if (key.starts_with("GNU.sparse.")) {
    take_sparse(records, key, value);
  }
}

/// The sum of all bytes, those of the checksum itself taken as blanks.
template <typename Byte>
std::int32_t sum_of_bytes(const TarHeader& header) {
  const auto* bytes = reinterpret_cast<const Byte*>(&header);
  std::int32_t sum = std::accumulate(bytes, bytes + kTarBlock, 0);
  for (const char byte : header.checksum)
    sum += ' ' - static_cast<Byte>(byte);
  return sum;
}

}  // namespace

std::uint32_t tar_checksum(const TarHeader& header) {
  return static_cast<std::uint32_t>(sum_of_bytes<unsigned char>(header));
}

std::int32_t tar_signed_checksum(const TarHeader& header) {
  return sum_of_bytes<signed char>(header);
}

bool has_right_checksum(const TarHeader& header) {
  const auto stored = parse_tar_number(header.checksum);
  return stored && (*stored == tar_checksum(header) || *stored == tar_signed_checksum(header));
}

std::optional<std::int64_t> parse_tar_number(std::span<const char> field) {
  if ((static_cast<unsigned char>(field[0]) & 0x80) != 0) return parse_base256(field);
  const auto is_blank = [](char c) { return c == ' ' || c == '\0'; };
  while (!field.empty() && is_blank(field.front()))
    field = field.subspan(1);
  while (!field.empty() && is_blank(field.back()))
    field = field.first(field.size() - 1);
  std::int64_t value = 0;  // 12 digits of 3 bits: cannot overflow
  for (const char digit : field) {
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value * 8 + (digit - '0');
  }
  return value;
}

PaxRecords parse_pax(std::string_view text) {
  PaxRecords records;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto length = space <= 8 ? parse_uint(text.substr(0, space)) : std::nullopt;
    if (!length || *length <= space + 1 || *length > text.size() || text[*length - 1] != '\n') {
      throw Error("tar: malformed PAX header");
    }
    const std::string_view record = text.substr(space + 1, *length - space - 2);
    const auto equals = record.find('=');
    if (equals == 0 || equals == std::string_view::npos) throw Error("tar: malformed PAX header");
    take_record(records, record.substr(0, equals), record.substr(equals + 1));
    text.remove_prefix(*length);
  }
  return records;
}

mode_t file_type(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::directory:
      return S_IFDIR;
    case TarEntry::Type::symlink:
      return S_IFLNK;
    case TarEntry::Type::char_device:
      return S_IFCHR;
    case TarEntry::Type::block_device:
      return S_IFBLK;
    case TarEntry::Type::fifo:
      return S_IFIFO;
    case TarEntry::Type::file:
    case TarEntry::Type::hard_link:
      break;
  }
  return S_IFREG;
}

}  // namespace cbuild::layer
