// Values of a request; see request.h.
#include "cbuild/build/request.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::build {

bool is_for_cache_only(const Request& request) {
  const auto is_cache_only = [](const exporter::Output& output) {
    return output.type == "cacheonly";
  };
  return !request.outputs.empty() && std::ranges::all_of(request.outputs, is_cache_only);
}

std::int64_t parse_epoch(std::string_view what, const std::string& text) {
  constexpr std::uint64_t kEndOfYear9999 = 253'402'300'799;
  const auto seconds = parse_uint(text);
  if (!seconds || *seconds > kEndOfYear9999) {
    throw Error(ErrorKind::usage, "{}: '{}' is not a number of seconds since 1970", what,
                printable(text));
  }
  return static_cast<std::int64_t>(*seconds);
}

}  // namespace cbuild::build
