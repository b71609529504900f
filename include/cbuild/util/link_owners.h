// Recorded owners of what cannot have a kOwnerXattr: symbolic links, FIFOs and sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cbuild {

struct LinkOwner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  friend bool operator==(const LinkOwner&, const LinkOwner&) = default;
};

/// By path in a tree, without a leading '/'. One that is missing belongs to root. An entry for a
/// path where something else is by now means nothing.
struct LinkOwners : std::map<std::string, LinkOwner, std::less<>> {
  using std::map<std::string, LinkOwner, std::less<>>::map;
};

/// For a file or a database: one "UID:GID:LENGTH:PATH" after the other. Any byte may be in a path.
std::string to_text(const LinkOwners& owners);

/// @throws Error for what to_text() does not make
LinkOwners parse_link_owners(std::string_view text);

}  // namespace cbuild
