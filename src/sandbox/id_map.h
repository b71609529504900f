// Which ids of the parent namespace stand behind the ids of ours: parsing and writing of maps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::sandbox {

/// `count` ids from `inside` on are `outside` on in the parent namespace.
struct IdRange {
  std::uint32_t inside;
  std::uint32_t outside;
  std::uint32_t count;

  friend bool operator==(const IdRange&, const IdRange&) = default;
};

/// Lines "user:first:count" of /etc/subuid or /etc/subgid that belong to `user` (a name or a
/// decimal id). Pure.
std::vector<IdRange> parse_subids(std::string_view content,
                                  std::string_view user,
                                  std::uint32_t uid);

/// The lines of a uid_map or gid_map ("inside outside count"). @throws Error on anything else.
/// Pure.
std::vector<IdRange> parse_id_map(std::string_view content);

/// Every id that exists where `current` holds, mapped onto itself: what a new namespace needs so
/// that all ids stay what they are. Pure.
std::vector<IdRange> identity_map(const std::vector<IdRange>& current);

/// Id 0 is `id`, the ids from 1 on are those of `subordinate`, in order and without gaps. Ranges
/// that hold `id` itself are cut around it, for no id can be mapped twice. Pure.
std::vector<IdRange> map_of_user(std::uint32_t id, const std::vector<IdRange>& subordinate);

/// Whether `id` exists inside. Pure.
bool maps(const std::vector<IdRange>& map, std::uint32_t id) noexcept;

/// Whether no other id than that of the process exists inside. Pure.
bool has_one_id(const std::vector<IdRange>& map) noexcept;

/// The ids inside, for people: "0-65536, 70000". Pure.
std::string inside_of(const std::vector<IdRange>& map);

/// The text to be written to /proc/PID/uid_map.
std::string to_text(const std::vector<IdRange>& map);

}  // namespace cbuild::sandbox
