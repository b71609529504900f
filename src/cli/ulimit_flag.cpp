// Parses --ulimit; see ulimit_flag.h.
#include "src/cli/ulimit_flag.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/refuse_word.h"

namespace cbuild::cli {

namespace {

std::optional<std::uint64_t> parse_limit(std::string_view text) {
  if (text == "-1" || text == "unlimited") return RLIM_INFINITY;
  return parse_uint(text);
}

}  // namespace

sandbox::ResourceLimit parse_ulimit(const std::string& text) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto limits = sandbox::resource_names();
  const auto known =
      std::ranges::find(limits, std::string_view(name), &sandbox::ResourceName::name);
  if (known == limits.end()) {
    std::vector<std::string> names;
    for (const sandbox::ResourceName& limit : limits)
      names.emplace_back(limit.name);
    refuse_word("--ulimit", text, name, names);
  }
  const std::string values = equals == std::string::npos ? "" : text.substr(equals + 1);
  const auto colon = values.find(':');
  const auto soft = parse_limit(values.substr(0, colon));
  const auto hard = colon == std::string::npos ? soft : parse_limit(values.substr(colon + 1));
  if (!soft || !hard || *soft > *hard) {
    throw Error(ErrorKind::usage,
                "--ulimit '{}': want {}=SOFT[:HARD], numbers or -1 for none, SOFT not above HARD",
                printable(text), name);
  }
  return {.resource = known->resource, .soft = *soft, .hard = *hard};
}

}  // namespace cbuild::cli
