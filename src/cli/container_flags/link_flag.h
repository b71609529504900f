// --link CONTAINER[:ALIAS]
#pragma once

#include <string>

namespace cbuild::cli {

/// Another container, and the name by which it is reached.
struct LinkRequest {
  std::string container;  ///< name or ID, as given
  std::string alias;      ///< the same where none is given
  friend bool operator==(const LinkRequest&, const LinkRequest&) = default;
};

/// docker's --link. @throws Error(usage) with docker's words, in the context of the flag
LinkRequest parse_link_flag(const std::string& text);

}  // namespace cbuild::cli
