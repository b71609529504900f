// Rules of owners by inode.
#include "src/sandbox/owner_table.h"

#include <doctest/doctest.h>

namespace cbuild::sandbox {

TEST_CASE("an owner is found by device and inode") {
  OwnerTable table;
  CHECK(table.empty());
  CHECK(table.set({1, 2, 100}, {.uid = 5, .gid = 6}));
  CHECK(table.find({1, 2, 100}) == OwnerRecord{.uid = 5, .gid = 6});
  CHECK(table.find({1, 3, 100}) == std::nullopt);
  CHECK(table.find({2, 2, 100}) == std::nullopt);
  CHECK(table.set({1, 2, 100}, {.uid = 7, .gid = 6}));
  CHECK(table.find({1, 2, 100}) == OwnerRecord{.uid = 7, .gid = 6});
}

TEST_CASE("a file that got the number of a deleted one has not got its owner") {
  OwnerTable table;
  table.set({1, 2, 100}, {.uid = 5});
  CHECK(table.find({1, 2, 101}) == std::nullopt);
  table.set({1, 2, 101}, {.uid = 6});
  CHECK(table.find({1, 2, 101}) == OwnerRecord{.uid = 6});
  CHECK(table.find({1, 2, 100}) == std::nullopt);
}

TEST_CASE("where no time of birth is known the number decides") {
  OwnerTable table;
  table.set({1, 2}, {.uid = 5});
  CHECK(table.find({1, 2}) == OwnerRecord{.uid = 5});
  CHECK(table.find({1, 2, 101}) == OwnerRecord{.uid = 5});
}

TEST_CASE("a file of a lower layer keeps its owner when a copy-up changes its birth") {
  OwnerTable table;
  table.set({1, 2}, {.uid = 5});
  table.set({1, 2, 101}, {.uid = 6});
  CHECK(table.find({1, 2, 102}) == OwnerRecord{.uid = 6});
}

TEST_CASE("a file that is given to root has no entry") {
  OwnerTable table;
  table.set({1, 2, 100}, {.uid = 5});
  CHECK(table.set({1, 2, 100}, {}));
  CHECK(table.empty());
}

}  // namespace cbuild::sandbox
