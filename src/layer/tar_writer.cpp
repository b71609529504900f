// The tar writer; see tar_writer.h.
#include "cbuild/layer/tar_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "cbuild/layer/tar_format.h"
#include "cbuild/util/xattr.h"

namespace cbuild::layer {

namespace {

constexpr std::array<std::byte, 2 * kTarBlock> kZeros{};
constexpr std::string_view kPaxName = "././@PaxHeader";

char flag_of(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::file:
      return '0';
    case TarEntry::Type::hard_link:
      return '1';
    case TarEntry::Type::symlink:
      return '2';
    case TarEntry::Type::char_device:
      return '3';
    case TarEntry::Type::block_device:
      return '4';
    case TarEntry::Type::directory:
      return '5';
    case TarEntry::Type::fifo:
      return '6';
  }
  return '0';
}

/// Octal with leading zeros and a NUL at the end. False, and zeros, when it does not fit.
bool put_number(std::span<char> field, std::uint64_t value) {
  const std::size_t digits = field.size() - 1;
  const bool fits = (value >> (3 * digits)) == 0;
  if (!fits) value = 0;
  for (std::size_t i = digits; i-- > 0; value >>= 3) {
    field[i] = static_cast<char>('0' + (value & 7));
  }
  return fits;
}

/// Writes as much of `text` as there is room for. True when it fits.
bool put_text(std::span<char> field, std::string_view text) {
  std::memcpy(field.data(), text.data(), std::min(field.size(), text.size()));
  return text.size() <= field.size();
}

/// Splits `path` at a slash between the two fields of ustar. False when there is no such slash.
bool put_path(TarHeader& header, std::string_view path) {
  if (put_text(header.name, path)) return true;
  if (path.size() > header.name.size() + 1 + header.prefix.size()) return false;
  const std::size_t first = path.size() - header.name.size() - 1;
  const std::size_t slash = path.find('/', std::max<std::size_t>(first, 1));
  if (slash > header.prefix.size() || slash + 1 >= path.size()) return false;
  header.name = {};
  put_text(header.prefix, path.substr(0, slash));
  put_text(header.name, path.substr(slash + 1));
  return true;
}

TarHeader empty_header(char type) {
  TarHeader header{};
  put_number(header.mode, 0);
  put_number(header.uid, 0);
  put_number(header.gid, 0);
  put_number(header.size, 0);
  put_number(header.mtime, 0);
  put_number(header.major, 0);
  put_number(header.minor, 0);
  header.type = type;
  std::memcpy(header.magic.data(),
              "ustar\0"
              "00",
              header.magic.size());
  return header;
}

}  // namespace

/// Adds "LENGTH KEY=VALUE\n", LENGTH counting itself.
void TarWriter::add_pax(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest;
  for (std::size_t digits = 1;; ++digits) {
    length = rest + digits;
    if (fmt::formatted_size("{}", length) == digits) break;
  }
  fmt::format_to(std::back_inserter(pax_), "{} ", length);
  pax_ += key;
  pax_ += '=';
  pax_ += value;
  pax_ += '\n';
}

void TarWriter::start(const TarEntry& entry) {
  pad();
  pax_.clear();
  TarHeader header = empty_header(flag_of(entry.type));
  if (!put_path(header, entry.path)) add_pax("path", entry.path);
  if (!put_text(header.link, entry.link)) add_pax("linkpath", entry.link);
  put_number(header.mode, entry.mode);
  const std::uint64_t size = entry.type == TarEntry::Type::file ? entry.size : 0;
  const auto number = [this](std::span<char> field, std::string_view key, std::uint64_t value) {
    if (!put_number(field, value)) add_pax(key, fmt::to_string(value));
  };
  number(header.size, "size", size);
  number(header.uid, "uid", entry.uid);
  number(header.gid, "gid", entry.gid);
  // A negative time does not fit as an unsigned number either.
  if (!put_number(header.mtime, static_cast<std::uint64_t>(entry.mtime.seconds))) {
    add_pax("mtime", fmt::to_string(entry.mtime.seconds));
  }
  put_number(header.major, entry.major);
  put_number(header.minor, entry.minor);
  for (const Xattr& xattr : entry.xattrs)
    add_pax("SCHILY.xattr." + xattr.name, xattr.value);
  if (!pax_.empty()) {
    TarHeader extension = empty_header('x');
    put_text(extension.name, kPaxName);
    put_number(extension.mode, 0644);
    put_number(extension.size, pax_.size());
    write_header(extension);
    put(as_bytes(pax_));
    pad();
  }
  write_header(header);
}

void TarWriter::content(std::span<const std::byte> bytes) {
  put(bytes);
}

void TarWriter::finish() {
  pad();
  put(kZeros);
  flush();
}

void TarWriter::write_header(const TarHeader& header) {
  TarHeader summed = header;
  put_number(std::span(summed.checksum).first(7), tar_checksum(header));
  summed.checksum[7] = ' ';
  put(std::as_bytes(std::span(&summed, 1)));
}

void TarWriter::put(std::span<const std::byte> bytes) {
  written_ += bytes.size();
  if (bytes.size() > kIoBlock - buffer_.size()) {
    flush();
    if (bytes.size() >= kIoBlock) {
      out_.write(bytes);
      return;
    }
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void TarWriter::pad() {
  const std::size_t over = written_ % kTarBlock;
  if (over != 0) put(std::span(kZeros).first(kTarBlock - over));
}

void TarWriter::flush() {
  if (!buffer_.empty()) out_.write(buffer_);
  buffer_.clear();
}

}  // namespace cbuild::layer
