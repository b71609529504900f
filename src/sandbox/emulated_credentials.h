// The credentials that a process of a step believes to have, and their rules (credentials(7)).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cbuild::sandbox {

/// As argument of set*id: leave it as it is.
inline constexpr std::uint32_t kKeepId = 0xffffffff;

/// The four ids of a user or of a group.
struct EmulatedIds {
  std::uint32_t real = 0;
  std::uint32_t effective = 0;
  std::uint32_t saved = 0;
  std::uint32_t filesystem = 0;

  /// All four the same.
  static EmulatedIds all(std::uint32_t id) noexcept { return {id, id, id, id}; }

  auto operator<=>(const EmulatedIds&) const = default;
};

struct EmulatedCredentials {
  EmulatedIds user = {};
  EmulatedIds group = {};
  std::vector<std::uint32_t> groups = {};  ///< supplementary

  std::uint64_t permitted = 0;      ///< capabilities, one bit each
  std::uint64_t effective = 0;      ///< likewise
  bool keeps_capabilities = false;  ///< PR_SET_KEEPCAPS

  bool has(int capability) const noexcept { return (effective >> capability & 1) != 0; }

  /// As the file system sees it.
  bool is_in_group(std::uint32_t gid) const noexcept;

  auto operator<=>(const EmulatedCredentials&) const = default;
};

// Each does what the call of this name does with the ids of a user or a group. False: EPERM, and
// nothing has changed. Pure.

bool set_id(EmulatedIds& ids, std::uint32_t id, bool privileged) noexcept;
bool set_real_and_effective(EmulatedIds& ids,
                            std::uint32_t real,
                            std::uint32_t effective,
                            bool privileged) noexcept;
bool set_three(EmulatedIds& ids, const EmulatedIds& wanted, bool privileged) noexcept;
/// setfsuid(2), which reports no error.
void set_filesystem(EmulatedIds& ids, std::uint32_t id, bool privileged) noexcept;

/// What a change of the user ids from `former` does to the capabilities (capabilities(7)). Pure.
void adjust_capabilities(EmulatedCredentials& credentials, const EmulatedIds& former) noexcept;

/// capset(2) without the inheritable set. As above.
bool set_capabilities(EmulatedCredentials& credentials,
                      std::uint64_t permitted,
                      std::uint64_t effective) noexcept;

/// The ids that a program gives who executes it; `user` and `group`: the owner of a set-id program.
struct ProgramIds {
  std::optional<std::uint32_t> user;
  std::optional<std::uint32_t> group;
};

/// What execve(2) makes of the credentials; root gets the capabilities `bounding`. Pure.
void execute(EmulatedCredentials& credentials,
             const ProgramIds& program,
             std::uint64_t bounding) noexcept;

/// What chown(2) to these ids (kKeepId: as it is) says for a file of `uid` and `gid`. Pure.
bool may_chown(const EmulatedCredentials& credentials,
               std::uint32_t uid,
               std::uint32_t gid,
               std::uint32_t new_uid,
               std::uint32_t new_gid) noexcept;

}  // namespace cbuild::sandbox
