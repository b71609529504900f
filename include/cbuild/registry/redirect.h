// A redirect that the client did not follow.
#pragma once

#include <string>

namespace cbuild::registry {

/// Where a server sends those who ask for a URL.
struct Redirect {
  std::string url;
  bool same_origin = false;  ///< scheme, host and port are those of the URL asked for
};

}  // namespace cbuild::registry
