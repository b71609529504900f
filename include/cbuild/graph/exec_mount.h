// A mount of RUN.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cbuild::graph {

/// A bind, cache, tmpfs, secret or ssh mount of RUN.
struct ExecMount {
  enum class Type { bind, cache, tmpfs, secret, ssh };
  enum class Sharing { shared, private_, locked };
  Type type = Type::bind;
  int input = -1;      ///< index into the vertex's inputs for bind/cache `from`; -1 = none
  std::string source;  ///< path inside that input; of a cache without one: inside the cache
  std::string target;  ///< absolute; empty = a secret that is a variable only
  std::string id;
  bool read_only = true;
  Sharing sharing = Sharing::shared;
  std::optional<std::uint32_t> mode, uid, gid;
  std::uint64_t size = 0;
  bool required = false;
  std::string env;  ///< secret as this variable
};

}  // namespace cbuild::graph
