// Values of a request.
#include "cbuild/build/request.h"

#include <doctest/doctest.h>

#include "src/build/attempt.h"
#include "src/build/solve.h"
#include "tests/unit/build/request.h"

namespace cbuild::build {

TEST_CASE("an epoch is a number of seconds from 1970 to the end of the year 9999") {
  CHECK(parse_epoch("x", "0") == 0);
  CHECK(parse_epoch("x", "1700000000") == 1'700'000'000);
  CHECK(parse_epoch("x", "253402300799") == 253'402'300'799);
  for (const std::string wrong : {"", "-1", "+1", "1.5", "1e3", " 1", "1 ", "0x10", "now",
                                  "253402300800", "99999999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_epoch("x", wrong), Error);
  }
}

TEST_CASE("a wrong epoch is named, with where it stands") {
  CHECK(error_of([] { parse_epoch("SOURCE_DATE_EPOCH", "a\033b"); }) ==
        "SOURCE_DATE_EPOCH: 'a\\x1bb' is not a number of seconds since 1970");
}

TEST_CASE("a build is for the cache only when all of its outputs are") {
  Request request;
  CHECK_FALSE(is_for_cache_only(request));  // the store is an output
  request.outputs.resize(2);
  request.outputs[0].type = "cacheonly";
  request.outputs[1].type = "image";
  CHECK_FALSE(is_for_cache_only(request));
  request.outputs[1].type = "cacheonly";
  CHECK(is_for_cache_only(request));
}

TEST_CASE("an error is the ending of its build, an interruption the end of all") {
  Ending ending;
  attempt(ending, [&] { ending = Result(); });
  CHECK_FALSE(has_failed(ending));
  CHECK_THROWS_AS(attempt(ending, [] { throw Interrupted(); }), Interrupted);
  CHECK_FALSE(has_failed(ending));
  attempt(ending, [] { throw Error(ErrorKind::network, "no route"); });
  REQUIRE(has_failed(ending));
  CHECK(error_of([&] { std::rethrow_exception(std::get<std::exception_ptr>(ending)); }) ==
        "no route");
  CHECK_THROWS_AS(attempt(ending, [] { throw std::bad_alloc(); }), std::bad_alloc);
}

}  // namespace cbuild::build
