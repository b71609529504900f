// Retry-After, and how often is tried.
#include "src/registry/retry.h"

#include <doctest/doctest.h>

#include <string>

namespace cbuild::registry {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("parse_retry_after reads seconds and dates in all three forms") {
  constexpr std::int64_t kNow = 784111777 - 7;  // Sun, 06 Nov 1994 08:49:30 GMT

  struct Row {
    std::string text;
    std::optional<seconds> result;
  };

  const Row rows[] = {
      {"0", seconds(0)},
      {" 120 ", seconds(120)},
      {"Sun, 06 Nov 1994 08:49:37 GMT", seconds(7)},
      {"Sunday, 06-Nov-94 08:49:37 GMT", seconds(7)},
      {"Sun Nov  6 08:49:37 1994", seconds(7)},
      {"Sun, 06 Nov 1994 08:49:00 GMT", seconds(0)},
      {"99999999999999999999", std::nullopt},
      {"-1", std::nullopt},
      {"soon", std::nullopt},
      {"Sun, 06 Foo 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 25:49:37 GMT", std::nullopt},
      {"", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_retry_after(row.text, kNow) == row.result);
  }
}

TEST_CASE("what is tried again") {
  for (const int status : {408, 429, 500, 502, 503, 504})
    CHECK(is_retryable_status(status));
  for (const int status : {200, 400, 401, 403, 404, 416, 501, 505})
    CHECK_FALSE(is_retryable_status(status));
}

TEST_CASE("Retry gives up after five failures in a row, and forgets them after progress") {
  const CancelToken cancel;
  Retry tries(milliseconds(1), cancel);
  const Error error(ErrorKind::network, "cut");
  for (int i = 0; i < 4; ++i)
    tries.failed(error);
  tries.succeeded();
  for (int i = 0; i < 4; ++i)
    tries.failed(error);
  CHECK_THROWS_WITH(tries.failed(error), "given up after 5 tries: cut");
}

TEST_CASE("Retry does not wait for more than a minute, and says so") {
  const CancelToken cancel;
  Retry tries(milliseconds(1), cancel);
  try {
    tries.failed(Error(ErrorKind::network, "429"), seconds(61));
    FAIL("waited");
  } catch (const Error& error) {
    CHECK(error.hint().find("asks to be left alone until") != std::string::npos);
    CHECK(error.kind() == ErrorKind::network);
  }
}

TEST_CASE("a cancelled sleep ends at once") {
  CancelToken cancel;
  cancel.cancel();
  CHECK_THROWS_AS(sleep_for(seconds(60), cancel), Interrupted);
  Retry tries(seconds(60), cancel);
  CHECK_THROWS_AS(tries.failed(Error("x")), Interrupted);
}

}  // namespace cbuild::registry
