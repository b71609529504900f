// Names of users and groups of an image: its own /etc/passwd and /etc/group, never the host's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::layer {
class RootTree;
}

namespace cbuild::image {

/// Content of /etc/passwd and /etc/group; empty where there is none (or it is no regular file).
struct UserDatabase {
  std::string passwd;
  std::string group;
  bool in_place = true;  ///< no link leads to them from /etc: only a change of /etc changes them
};

UserDatabase read_user_database(const layer::RootTree& root);

struct Ids {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  friend bool operator==(const Ids&, const Ids&) = default;
};

/// A process's identity: USER of the Dockerfile.
struct Identity {
  Ids ids;
  std::vector<std::uint32_t> groups;  ///< supplementary; the primary one is among them
  std::string home = "/";
};

/// "", "name", "uid", "name:group", "uid:gid". A number is never looked up as a name; for a known
/// uid the home directory and, without
/// ":group", the primary group come from passwd. @throws Error(build) for unknown names and numbers
/// above 2^32-2.
Identity identity_of(std::string_view user, const UserDatabase& database);

/// --chown: "", "u", "u:g", ":g". A number alone means that group too; a name its primary group.
/// @throws Error(build)
Ids owner_of(std::string_view text, const UserDatabase& database);

}  // namespace cbuild::image
