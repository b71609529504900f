// Owners as texts; see owner_record.h.
#include "cbuild/util/owner_record.h"

#include <sys/sysmacros.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild {

namespace {

constexpr std::array<std::pair<std::string_view, mode_t>, 3> kTypes{
    {{"char", S_IFCHR}, {"block", S_IFBLK}, {"fifo", S_IFIFO}}};

std::string_view name_of(mode_t type) {
  for (const auto& [name, value] : kTypes)
    if (value == type) return name;
  throw Error("no type of special file: {:o}", type);
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "A:B".
std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_pair(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto first = parse_number<std::uint32_t>(text.substr(0, colon));
  const auto second = parse_number<std::uint32_t>(text.substr(colon + 1));
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}

/// One of the words after the owner.
bool read_word(std::string_view word, OwnerRecord& record) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = word.substr(0, equals);
  const std::string_view value = word.substr(equals + 1);
  if (key == "mode") {
    const auto mode = parse_number<mode_t>(value, 8);
    if (!mode || *mode > 07777) return false;
    record.mode = *mode;
    return true;
  }
  for (const auto& [name, type] : kTypes) {
    if (key != name) continue;
    const auto numbers = parse_pair(value);
    if (!numbers) return false;
    record.special =
        OwnerRecord::Special{.type = type, .major = numbers->first, .minor = numbers->second};
    return true;
  }
  return false;
}

}  // namespace

std::string to_text(const OwnerRecord& record) {
  std::string text = fmt::format("{}:{}", record.uid, record.gid);
  if (record.mode) text += fmt::format(" mode={:o}", *record.mode);
  if (record.special) {
    text += fmt::format(" {}={}:{}", name_of(record.special->type), record.special->major,
                        record.special->minor);
  }
  return text;
}

std::optional<OwnerRecord> parse_owner_record(std::string_view text) {
  const std::vector<std::string> words = split(text, ' ');
  const auto owner = parse_pair(words.front());
  if (!owner) return std::nullopt;
  OwnerRecord record{.uid = owner->first, .gid = owner->second};
  for (std::size_t i = 1; i < words.size(); ++i)
    if (!read_word(words[i], record)) return std::nullopt;
  return record;
}

void amend(struct stat& status, const OwnerRecord& record) noexcept {
  status.st_uid = record.uid;
  status.st_gid = record.gid;
  if (record.mode) status.st_mode = (status.st_mode & ~mode_t{07777}) | *record.mode;
  if (record.special) {
    status.st_mode = record.special->type | (status.st_mode & 07777U);
    status.st_rdev = ::makedev(record.special->major, record.special->minor);
    status.st_size = 0;
  }
}

}  // namespace cbuild
