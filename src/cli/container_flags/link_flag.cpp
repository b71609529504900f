// Parses --link; see link_flag.h.
#include "src/cli/container_flags/link_flag.h"

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/network_names.h"

namespace cbuild::cli {

LinkRequest parse_link_flag(const std::string& text) {
  return with_context(fmt::format("--link '{}'", printable(text)), [&] {
    const std::vector<std::string> parts = split(text, ':');
    if (text.empty()) {
      throw Error(ErrorKind::usage, "empty string specified for links (want CONTAINER[:ALIAS])");
    }
    if (parts.size() > 2 || parts[0].empty() || parts.back().empty()) {
      throw Error(ErrorKind::usage, "bad format for links: {} (want CONTAINER[:ALIAS])",
                  printable(text));
    }
    check_host_name("alias", parts.back());
    return LinkRequest{parts[0], parts.back()};
  });
}

}  // namespace cbuild::cli
