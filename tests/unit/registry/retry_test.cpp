// Retry-After, and how often is tried.
#include "src/registry/retry.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "src/registry/http_status.h"

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
  Retry tries({.first_delay = milliseconds(1)}, {}, cancel);
  const Error error(ErrorKind::network, "cut");
  for (int i = 0; i < 4; ++i)
    tries.failed(error);
  tries.succeeded();
  for (int i = 0; i < 4; ++i)
    tries.failed(error);
  CHECK_THROWS_WITH(tries.failed(error), "given up after 5 tries: cut");
}

TEST_CASE("Retry has one deadline for all tries") {
  const CancelToken cancel;
  const Error error(ErrorKind::network, "silent");
  Retry tries({.first_delay = milliseconds(1), .whole = milliseconds(400)}, {}, cancel);
  const auto deadline = *tries.attempt().deadline;
  std::this_thread::sleep_for(milliseconds(100));
  tries.failed(error);
  CHECK(tries.attempt().number == 2);
  CHECK(abs(*tries.attempt().deadline - deadline) < milliseconds(5));
  tries.stalled(error, milliseconds(10));  // the rest of that time was progress
  CHECK(tries.attempt().number == 3);
  std::this_thread::sleep_for(milliseconds(400));
  CHECK_THROWS_WITH(tries.failed(error), "given up after 3 tries: silent");

  const Attempt outer{Retry::Clock::now() + milliseconds(50), 2};
  Retry inner({.first_delay = milliseconds(1)}, {}, cancel, outer);
  CHECK(inner.attempt().number == 2);
  CHECK(abs(*inner.attempt().deadline - *outer.deadline) < milliseconds(5));
  std::this_thread::sleep_for(milliseconds(60));
  CHECK_THROWS_WITH(inner.failed(error), "silent");
}

TEST_CASE("Progress gives all of the time back") {
  const CancelToken cancel;
  Retry tries({.first_delay = milliseconds(1), .whole = milliseconds(100)}, {}, cancel);
  const Error error(ErrorKind::network, "cut");
  for (int i = 0; i < 3; ++i) {
    tries.stalled(error, milliseconds(90));
    tries.succeeded();
  }
  CHECK_THROWS_WITH(tries.stalled(error, milliseconds(101)), "cut");
}

TEST_CASE("Tries are announced once they take long") {
  const CancelToken cancel;
  std::vector<std::string> lines;
  Retry tries(
      {.first_delay = milliseconds(1), .notice = milliseconds(1000)},
      [&](std::string_view line) { lines.emplace_back(line); }, cancel);
  tries.failed(Error(ErrorKind::network, "500"));
  CHECK(lines.empty());
  tries.failed(Error(ErrorKind::network, "429"), seconds(1));
  CHECK(lines == std::vector<std::string>{"429; trying again in 1000 ms, try 3 of 5"});
}

TEST_CASE("Retry does not wait for more than the time that is left, and says so") {
  const CancelToken cancel;
  Retry tries({.first_delay = milliseconds(1), .whole = seconds(60)}, {}, cancel);
  try {
    tries.failed(Error(ErrorKind::network, "429"), seconds(61));
    FAIL("waited");
  } catch (const Error& error) {
    CHECK(error.hint().find("asks for a pause until") != std::string::npos);
    CHECK(error.kind() == ErrorKind::network);
  }
}

TEST_CASE("a cancelled sleep ends at once") {
  CancelToken cancel;
  cancel.cancel();
  CHECK_THROWS_AS(sleep_for(seconds(60), cancel), Interrupted);
  Retry tries({.first_delay = seconds(60)}, {}, cancel);
  CHECK_THROWS_AS(tries.failed(Error("x")), Interrupted);
}

}  // namespace cbuild::registry
