// Ages, durations and sizes as people read and write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cbuild::cli {

/// "3 weeks", "About an hour", in docker's words. Less than nothing counts as nothing.
std::string human_duration(std::int64_t seconds);

/// "3 weeks ago", in docker's words. Times to come count as now.
std::string human_age(std::int64_t seconds);

/// "1.09MB", "1MB": docker's size of an image or container. As human_size(), whose digits do not
/// move while a size grows, but without zeros at the end of a fraction.
std::string docker_size(std::uint64_t bytes);

/// "4.5MiB", "1.945GiB": docker's size of memory, four digits at most.
std::string binary_size(std::uint64_t bytes);

/// "1 image", "2 images".
std::string counted(std::uint64_t count, std::string_view noun);

/// "0.3s", "12.0s", "1m05s", "2h03m".
std::string human_seconds(double seconds);

/// "500MB" (decimal), "10GiB" (binary), "1.5g"; a bare number is bytes. @throws Error(usage)
std::uint64_t parse_size(std::string_view text);

/// "24h", "1h30m", "7d", "90s"; in seconds. @throws Error(usage)
std::int64_t parse_duration(std::string_view text);

}  // namespace cbuild::cli
