// Values as Go's fmt package prints them: the history of images is written in these forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::frontend {

/// "[a b]": %v of a []string.
std::string go_list(const std::vector<std::string>& words);

/// "[\"a\" \"b\"]": %q of a []string.
std::string go_quoted_list(const std::vector<std::string>& words);

/// "\"a\\n\"": strconv.Quote. UTF-8 stays as it is, also what Go takes for not printable.
std::string go_quoted(std::string_view text);

/// "1m30s", "1.5s", "100ms", "0s": time.Duration.
std::string go_duration(std::int64_t nanoseconds);

}  // namespace cbuild::frontend
