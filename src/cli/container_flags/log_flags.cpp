// Parses --log-driver and --log-opt; see log_flags.h.
#include "src/cli/container_flags/log_flags.h"

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"
#include "src/cli/human.h"

namespace cbuild::cli {

namespace {

using Driver = LogSettings::Driver;

Driver driver_of(const std::string& name) {
  if (name.empty() || name == "json-file") return Driver::json_file;
  if (name == "local") return Driver::local;
  if (name == "none") return Driver::none;
  throw Error(ErrorKind::usage,
              "--log-driver '{}': no log driver named '{}' is registered (want json-file, local or "
              "none)",
              printable(name), printable(name));
}

int parse_files(const std::string& text) {
  constexpr std::uint64_t kMost = 1000;
  const auto number = parse_uint(text);
  if (number == 0U) throw Error(ErrorKind::usage, "max-file cannot be less than 1");
  if (number && *number <= kMost) return static_cast<int>(*number);
  throw Error(ErrorKind::usage, "invalid value for max-file: {} (want a number from 1 to {})",
              printable(text), kMost);
}

void take(const std::string& text, std::string_view driver, LogSettings& settings) {
  const auto [key, value] = cut(text, '=');
  if (!value) throw Error(ErrorKind::usage, "invalid log opt: want KEY=VALUE");
  if (settings.driver == Driver::none) {
    throw Error(ErrorKind::usage, "invalid logging opts for driver none");
  }
  if (key != "max-size" && key != "max-file") {
    throw Error(ErrorKind::usage, "unknown log opt '{}' for {} log driver", printable(key), driver)
        .with_hint("known options: max-size, max-file");
  }
  if (key == "max-file") {
    settings.max_file = parse_files(*value);
  } else {
    settings.max_size = *value == "-1" ? 0 : parse_size(*value);
  }
}

}  // namespace

LogSettings parse_log_flags(const std::string& driver, const std::vector<std::string>& options) {
  LogSettings settings{.driver = driver_of(driver)};
  for (const std::string& text : options) {
    with_context(fmt::format("--log-opt '{}'", printable(text)),
                 [&] { take(text, driver.empty() ? "json-file" : driver, settings); });
  }
  return settings;
}

}  // namespace cbuild::cli
