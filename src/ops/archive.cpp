// Tells archives from other files.
#include <fcntl.h>

#include <array>

#include "cbuild/layer/compression.h"
#include "cbuild/util/error.h"
#include "cbuild/util/io.h"
#include "src/ops/copy.h"

namespace cbuild::ops {

namespace {

constexpr std::size_t kRecord = 512;
constexpr std::size_t kChecksumAt = 148;
constexpr std::size_t kChecksumSize = 8;

/// The sum of the bytes of a header, the checksum itself counted as blanks, is what the header
/// says.
bool is_tar_header(const std::array<std::byte, kRecord>& record) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kRecord; ++i) {
    const bool in_checksum = i >= kChecksumAt && i < kChecksumAt + kChecksumSize;
    sum += in_checksum ? ' ' : std::to_integer<std::uint64_t>(record[i]);
  }
  std::uint64_t written = 0;
  bool digits = false;
  for (std::size_t i = kChecksumAt; i < kChecksumAt + kChecksumSize; ++i) {
    const char c = static_cast<char>(record[i]);
    if (c >= '0' && c <= '7') {
      written = written * 8 + static_cast<std::uint64_t>(c - '0');
      digits = true;
    } else if (digits) {
      break;
    }
  }
  return digits && written == sum && record[0] != std::byte{0};
}

}  // namespace

bool is_archive(const Fd& file) {
  FdSource bytes(duplicate(file.get()));
  try {
    const auto plain = layer::decompress(bytes);
    std::array<std::byte, kRecord> record{};
    std::size_t filled = 0;
    while (filled < record.size()) {
      const std::size_t count = plain->read(std::span(record).subspan(filled));
      if (count == 0) return false;
      filled += count;
    }
    return is_tar_header(record);
  } catch (const Interrupted&) {
    throw;
  } catch (const SysError&) {  // says nothing about the bytes
    throw;
  } catch (const Error&) {
    return false;  // not what its first bytes promised: an ordinary file
  }
}

}  // namespace cbuild::ops
