// When a file counts as changed.
#include "src/ops/file_identity.h"

#include <doctest/doctest.h>

#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

/// Of a file with these numbers.
struct stat status_of(ino_t inode, off_t size, timespec modified) {
  struct stat status {};

  status.st_dev = 1;
  status.st_ino = inode;
  status.st_size = size;
  status.st_mtim = modified;
  status.st_ctim = {100, 0};
  return status;
}

}  // namespace

TEST_CASE("another inode, size or time is another state of a file; its mode is not") {
  const FileIdentity first = FileIdentity::of(status_of(7, 10, {50, 1}));
  CHECK(first == FileIdentity::of(status_of(7, 10, {50, 1})));
  CHECK(first != FileIdentity::of(status_of(8, 10, {50, 1})));
  CHECK(first != FileIdentity::of(status_of(7, 11, {50, 1})));
  CHECK(first != FileIdentity::of(status_of(7, 10, {50, 2})));
  struct stat other = status_of(7, 10, {50, 1});
  other.st_mode = 0600;
  CHECK(first == FileIdentity::of(other));
  other.st_ctim = {101, 0};
  CHECK(first != FileIdentity::of(other));
}

TEST_CASE("times are whole nanoseconds, before 1970 too") {
  CHECK(nanoseconds({0, 0}) == 0);
  CHECK(nanoseconds({1, 5}) == 1'000'000'005);
  CHECK(nanoseconds({-1, 999'999'999}) == -1);
}

}  // namespace cbuild::ops
