// Parses --gpus; see gpu_flag.h.
#include "src/cli/container_flags/gpu_flag.h"

#include <set>

#include "cbuild/util/csv.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"

namespace cbuild::cli {

namespace {

int parse_count(const std::string& text) {
  constexpr std::uint64_t kMost = 1024;
  if (text == "all" || text == "-1") return GpuRequest::kAll;
  const auto number = parse_uint(text);
  if (number && *number <= kMost) return static_cast<int>(*number);
  throw Error(ErrorKind::usage, "invalid count ({}): value must be either \"all\" or an integer",
              printable(text))
      .with_hint(
          "want all, a number, or device=ID; a list of devices needs quotes: "
          "'\"device=0,1\"'");
}

void take(const std::string& key, const std::string& value, GpuRequest& request) {
  if (key == "count") {
    request.count = parse_count(value);
  } else if (key == "driver") {
    request.driver = value;
  } else if (key == "device") {
    request.devices = split(value, ',');
  } else if (key == "capabilities") {
    request.capabilities = split(value, ',');
    request.capabilities.emplace_back("gpu");
  } else if (key == "options") {
    for (const CsvField& field : csv_fields(value)) {
      const auto [name, text] = cut(field.text, '=');
      request.options[name] = text.value_or("");
    }
  } else {
    throw Error(ErrorKind::usage,
                "unexpected key '{}' (want count, device, driver, capabilities or options)",
                printable(key));
  }
}

}  // namespace

GpuRequest parse_gpu_flag(const std::string& text) {
  return with_context(fmt::format("--gpus '{}'", printable(text)), [&] {
    GpuRequest request;
    std::set<std::string> seen;
    for (const CsvField& field : csv_fields(text)) {
      auto [key, value] = cut(field.text, '=');
      if (!value) {
        value = key;
        key = "count";
      }
      if (!seen.insert(key).second) {
        throw Error(ErrorKind::usage, "gpu request key '{}' can be specified only once",
                    printable(key))
            .with_hint("a list of devices needs quotes: '\"device=0,1\"'");
      }
      take(key, *value, request);
    }
    if (seen.contains("count") && seen.contains("device")) {
      throw Error(ErrorKind::usage, "cannot set both Count and DeviceIDs on device request");
    }
    if (!seen.contains("count") && !seen.contains("device")) request.count = 1;
    return request;
  });
}

}  // namespace cbuild::cli
