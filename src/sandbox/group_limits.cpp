// Lists of CPUs; see limits.h.
#include <fmt/core.h>

#include <algorithm>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

std::optional<std::vector<unsigned>> parse_cpu_list(std::string_view text) {
  constexpr std::uint64_t kMost = 4096;
  std::vector<unsigned> numbers;
  for (const std::string& range : split(text, ',')) {
    const auto dash = range.find('-');
    const auto first = parse_uint(range.substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_uint(range.substr(dash + 1));
    if (!first || !last || *first > *last || *last >= kMost) return std::nullopt;
    for (std::uint64_t number = *first; number <= *last; ++number)
      numbers.push_back(static_cast<unsigned>(number));
  }
  std::ranges::sort(numbers);
  const auto rest = std::ranges::unique(numbers);
  numbers.erase(rest.begin(), rest.end());
  return numbers;
}

std::string cpu_list(const std::vector<unsigned>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t first = i;
    while (i + 1 < numbers.size() && numbers[i + 1] == numbers[i] + 1)
      ++i;
    text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[first]);
    if (i > first) text += fmt::format("-{}", numbers[i]);
  }
  return text;
}

}  // namespace cbuild::sandbox
