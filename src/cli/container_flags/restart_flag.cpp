// Parses --restart; see restart_flag.h.
#include "src/cli/container_flags/restart_flag.h"

#include <limits>
#include <optional>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"

namespace cbuild::cli {

namespace {

using Mode = RestartPolicy::Mode;

Mode mode_of(const std::string& name) {
  if (name == "no") return Mode::no;
  if (name == "always") return Mode::always;
  if (name == "unless-stopped") return Mode::unless_stopped;
  if (name == "on-failure") return Mode::on_failure;
  throw Error(ErrorKind::usage,
              "invalid restart policy: unknown policy '{}'; use one of 'no', 'always', "
              "'on-failure', or 'unless-stopped'",
              printable(name));
}

int parse_most(const std::string& text) {
  if (text.starts_with('-')) {
    throw Error(ErrorKind::usage, "invalid restart policy: maximum retry count cannot be negative");
  }
  if (text.empty()) return 0;
  const auto number = parse_uint(text);
  if (number && *number <= std::numeric_limits<int>::max()) return static_cast<int>(*number);
  throw Error(ErrorKind::usage,
              "invalid restart policy format: maximum retry count must be an integer");
}

}  // namespace

RestartPolicy parse_restart_flag(const std::string& text) {
  if (text.empty()) return {};
  return with_context(fmt::format("--restart '{}'", printable(text)), [&] {
    const auto [name, count] = cut(text, ':');
    if (name.empty()) {
      throw Error(ErrorKind::usage,
                  "invalid restart policy format: no policy provided before colon");
    }
    RestartPolicy policy{.mode = mode_of(name)};
    if (!count) return policy;
    policy.most = parse_most(*count);
    if (policy.mode != Mode::on_failure && policy.most != 0) {
      throw Error(ErrorKind::usage,
                  "invalid restart policy: maximum retry count can only be used with 'on-failure'");
    }
    return policy;
  });
}

}  // namespace cbuild::cli
