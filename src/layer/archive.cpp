// Recognises tar headers; see archive.h.
#include "cbuild/layer/archive.h"

#include <cstring>
#include <span>

#include "cbuild/layer/compression.h"
#include "cbuild/layer/tar_format.h"
#include "cbuild/util/error.h"
#include "cbuild/util/io.h"

namespace cbuild::layer {

namespace {

static_assert(kArchiveHead == kTarBlock);

bool is_tar_header(std::string_view block) {
  TarHeader header;
  if (block.size() < sizeof header) return false;
  std::memcpy(&header, block.data(), sizeof header);
  return header.name[0] != '\0' && has_right_checksum(header);
}

}  // namespace

std::string read_archive_head(Source& file) {
  std::string head(kArchiveHead, '\0');
  std::size_t filled = 0;
  while (filled < head.size()) {
    const auto room = std::as_writable_bytes(std::span(head)).subspan(filled);
    const std::size_t count = file.read(room);
    if (count == 0) break;
    filled += count;
  }
  head.resize(filled);
  return head;
}

bool begins_archive(std::string_view head) {
  return detect_compression(as_bytes(head)) != Compression::none || is_tar_header(head);
}

bool is_archive(Source& file) {
  try {
    const auto plain = decompress(file);
    return is_tar_header(read_archive_head(*plain));
  } catch (const Interrupted&) {
    throw;
  } catch (const SysError&) {  // says nothing about the bytes
    throw;
  } catch (const Error&) {
    return false;  // its first bytes look like a compression that it is not: an ordinary file
  }
}

}  // namespace cbuild::layer
