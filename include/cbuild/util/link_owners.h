// Owners of files that cannot have an OwnerRecord as an attribute: links, fifos, sockets.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace cbuild {

struct LinkOwner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  friend bool operator==(const LinkOwner&, const LinkOwner&) = default;
};

/// By path from the root, without a leading slash. Those of root are not in it.
using LinkOwners = std::map<std::string, LinkOwner>;

}  // namespace cbuild
