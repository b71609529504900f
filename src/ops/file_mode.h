// The mode of --chmod, octal or symbolic, as in chmod(1).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

namespace cbuild::ops {

/// A change of mode bits. Immutable.
class FileMode {
 public:
  /// "755", "0644", "u=rwX,go=rX", "g=u", "u=rw+x", "a-w", "=644". Without u, g, o or a, all are
  /// changed, as with a umask of 0. @throws Error(usage) naming the letter
  static FileMode parse(std::string_view text);

  /// Returns the new mode (07777 bits) of a file that has `mode`. As chmod(1), except that the
  /// set-id bits of directories change like all others, as in BuildKit.
  mode_t apply(mode_t mode, bool directory) const;

  /// Octal modes apply to directories made for the destination too, symbolic ones do not.
  bool absolute() const noexcept { return absolute_.has_value(); }

 private:
  struct Clause {
    mode_t who;               ///< 0700, 0070, 0007 and their special bits
    char operation;           ///< '+', '-', '='
    mode_t bits = 0;          ///< r, w, x, s, t as bits for all of u, g and o
    bool if_execute = false;  ///< 'X': x only for directories and files that have some x
    char copied_from = '\0';  ///< 'u', 'g', 'o': the permissions that class has; '\0' = `bits`
  };

  void parse_clause(std::string_view text, std::string_view clause);
  static void parse_permissions(std::string_view text,
                                std::string_view permissions,
                                Clause& clause);

  std::optional<mode_t> absolute_;
  std::vector<Clause> clauses_;
};

}  // namespace cbuild::ops
