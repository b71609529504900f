// --chmod: octal or symbolic, as chmod(1).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

namespace cbuild::ops {

/// A change of mode bits. Immutable.
class FileMode {
 public:
  /// "755", "0644", "u=rwX,go=rX", "+x", "a-w". @throws Error(usage)
  static FileMode parse(std::string_view text);

  /// The mode (07777 bits) of a file that had `mode`.
  mode_t apply(mode_t mode, bool directory) const;

  /// Octal modes apply to directories made for the destination too, symbolic ones do not.
  bool absolute() const noexcept { return absolute_.has_value(); }

 private:
  struct Clause {
    mode_t who;       ///< 0700, 0070, 0007 and their special bits
    char operation;   ///< '+', '-', '='
    mode_t bits;      ///< r, w, x, s, t as bits for all of u, g and o
    bool if_execute;  ///< 'X': x only for directories and files that have some x
  };

  std::optional<mode_t> absolute_;
  std::vector<Clause> clauses_;
};

}  // namespace cbuild::ops
