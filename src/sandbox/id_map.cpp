// Id maps as values; see id_map.h.
#include "src/sandbox/id_map.h"

#include <algorithm>
#include <limits>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t kIdLimit = std::numeric_limits<std::uint32_t>::max();  // -1 is no id

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (std::string& word : split(line, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace

std::vector<IdRange> parse_subids(std::string_view content,
                                  std::string_view user,
                                  std::uint32_t uid) {
  std::vector<IdRange> ranges;
  const std::string number = std::to_string(uid);
  std::uint64_t inside = 1;
  for (const std::string& line : split(content, '\n')) {
    const std::vector<std::string> fields = split(trim(line), ':');
    if (fields.size() != 3 || (fields[0] != user && fields[0] != number)) continue;
    const auto first = parse_uint(fields[1]);
    auto count = parse_uint(fields[2]);
    if (!first || !count || *first >= kIdLimit || *count == 0) continue;
    count = std::min({*count, kIdLimit - *first, kIdLimit - inside});
    if (*count == 0) break;
    ranges.push_back({.inside = static_cast<std::uint32_t>(inside),
                      .outside = static_cast<std::uint32_t>(*first),
                      .count = static_cast<std::uint32_t>(*count)});
    inside += *count;
  }
  return ranges;
}

std::vector<IdRange> parse_id_map(std::string_view content) {
  std::vector<IdRange> ranges;
  for (const std::string& line : split(content, '\n')) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    const auto inside = words.size() == 3 ? parse_uint(words[0]) : std::nullopt;
    const auto outside = inside ? parse_uint(words[1]) : std::nullopt;
    const auto count = outside ? parse_uint(words[2]) : std::nullopt;
    if (!count || std::max({*inside, *outside, *count}) > kIdLimit) {
      throw Error("'{}' is not a line of an id map (want three numbers)", line);
    }
    ranges.push_back({static_cast<std::uint32_t>(*inside), static_cast<std::uint32_t>(*outside),
                      static_cast<std::uint32_t>(*count)});
  }
  return ranges;
}

std::vector<IdRange> identity_map(const std::vector<IdRange>& current) {
  std::vector<IdRange> ranges;
  ranges.reserve(current.size());
  for (const IdRange& range : current)
    ranges.push_back({range.inside, range.inside, range.count});
  return ranges;
}

std::vector<IdRange> map_of_user(std::uint32_t id, const std::vector<IdRange>& subordinate) {
  std::vector<IdRange> ranges{{0, id, 1}};
  std::uint32_t inside = 1;
  const auto add = [&](std::uint32_t outside, std::uint32_t count) {
    if (count == 0) return;
    ranges.push_back({inside, outside, count});
    inside += count;
  };
  for (const IdRange& range : subordinate) {
    if (id < range.outside || id - range.outside >= range.count) {
      add(range.outside, range.count);
    } else {
      add(range.outside, id - range.outside);
      add(id + 1, range.count - (id - range.outside) - 1);
    }
  }
  return ranges;
}

bool maps(const std::vector<IdRange>& map, std::uint32_t id) noexcept {
  return std::ranges::any_of(map, [id](const IdRange& range) {
    return id >= range.inside && id - range.inside < range.count;
  });
}

bool has_one_id(const std::vector<IdRange>& map) noexcept {
  return map.size() == 1 && map.front().count == 1;
}

std::string inside_of(const std::vector<IdRange>& map) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> spans;  // first and last, joined
  for (const IdRange& range : map) {
    const std::uint32_t last = range.inside + (range.count - 1);
    if (!spans.empty() && spans.back().second + 1 == range.inside) {
      spans.back().second = last;
    } else {
      spans.emplace_back(range.inside, last);
    }
  }
  std::vector<std::string> texts;
  for (const auto& [first, last] : spans) {
    texts.push_back(first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
  }
  return join(texts, ", ");
}

std::string to_text(const std::vector<IdRange>& map) {
  std::string text;
  for (const IdRange& range : map) {
    text += fmt::format("{} {} {}\n", range.inside, range.outside, range.count);
  }
  return text;
}

}  // namespace cbuild::sandbox
