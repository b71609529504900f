// The names of the containers of a group, as its resolver answers them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "cbuild/network/endpoint.h"
#include "src/network/group_table.h"

namespace cbuild::network {

/// Answers for a table of containers. A container sees the names of the networks that it is in:
/// NAME and NAME.NETWORK, in letters of either case. Several containers may have one name: it has
/// all their addresses, and each answer begins with another one. What is known has no records of
/// other types than A: such an answer is empty. Not thread-safe.
class Names {
 public:
  using Answer = std::optional<std::vector<std::byte>>;

  /// Borrows the table.
  explicit Names(const GroupTable& table) : table_(table) {}

  /// The response to a query; absent when the servers of the host are to be asked, with the same
  /// query. Answered here are, besides the names: names of one label and addresses of the group,
  /// whoever they belong to; all names for a container without a way out; and who is no container.
  /// @param asker  the source address of the query
  /// @param bytes  the query
  /// @param limit  bytes of the response
  Answer answer(const Endpoint& asker, std::span<const std::byte> bytes, std::size_t limit);

 private:
  struct Query;
  void look_around(const GroupTable::Member& asker, Query& query) const;
  std::vector<Endpoint> addresses_of(const Query& query) const;
  Answer answer_name(const Query& query);
  Answer answer_pointer(const Query& query) const;

  const GroupTable& table_;
  std::size_t turn_ = 0;
};

}  // namespace cbuild::network
