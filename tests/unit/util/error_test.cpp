// What an error says, and to whom.
#include "cbuild/util/error.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

namespace cbuild {

TEST_CASE("context is put in front on the way up, and the type stays") {
  const auto fail = [] {
    with_context("outer", [] {
      with_context("inner", [] { throw SysError::from_code(EACCES, "open x"); });
    });
  };
  CHECK_THROWS_WITH_AS(fail(), "outer: inner: open x: Permission denied", SysError);
  CHECK(with_context("nothing", [] { return 5; }) == 5);
}

TEST_CASE("an error keeps its hint and its kind under context") {
  try {
    with_context("outer",
                 [] { throw Error(Error(ErrorKind::usage, "wrong {}", 1).with_hint("do it so")); });
    FAIL("nothing thrown");
  } catch (const Error& error) {
    CHECK(error.what() == std::string("outer: wrong 1"));
    CHECK(error.hint() == "do it so");
    CHECK(error.kind() == ErrorKind::usage);
  }
}

TEST_CASE("a failed call says errno, in words") {
  errno = ENOENT;
  const SysError error("open {}", "a");
  CHECK(error.code() == ENOENT);
  CHECK(error.what() == std::string("open a: No such file or directory"));
  CHECK(error.kind() == ErrorKind::machine);
  CHECK(SysError::from_code(9999, "x").what() == std::string("x: error 9999"));
}

TEST_CASE("a name from outside is made printable") {
  CHECK(SysError::from_code(ENOENT, "open a\nb\x1b[1m").what() ==
        std::string("open a\\x0ab\\x1b[1m: No such file or directory"));
}

TEST_CASE("limits of the machine come with advice") {
  for (const int code : {ENOSPC, EDQUOT, EMFILE, EFBIG, EAGAIN})
    CHECK_FALSE(SysError::from_code(code, "x").hint().empty());
  CHECK(SysError::from_code(ENOENT, "x").hint().empty());
}

TEST_CASE("a file that the user named is wrong, unless the machine is at fault") {
  const auto kind_of = [](int code) {
    try {
      throw_as_usage(SysError::from_code(code, "open x"));
    } catch (const Error& error) {
      return error.kind();
    }
  };
  for (const int code : {ENOENT, EACCES, ENOTDIR, EISDIR}) {
    CHECK_FALSE(is_fault_of_machine(code));
    CHECK(kind_of(code) == ErrorKind::usage);
  }
  for (const int code : {EMFILE, ENOMEM, EIO, ENOSPC}) {
    CHECK(is_fault_of_machine(code));
    CHECK(kind_of(code) == ErrorKind::machine);
  }
}

}  // namespace cbuild
