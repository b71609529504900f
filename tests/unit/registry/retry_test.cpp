// Retry-After, and how often is tried.
#include "src/registry/retry.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/transient_error.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
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

TEST_CASE("an HTTP date is a day and a time that are") {
  struct Row {
    std::string text;
    std::optional<std::int64_t> result;
  };

  const Row rows[] = {
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Wed, 31 Dec 1969 23:59:58 GMT", std::nullopt},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 253'402'300'799},
      {"Saturday, 31-Dec-69 00:00:00 GMT", 3'155'673'600},  // 2069
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1'483'228'800},     // a leap second
      {"Sun, 06 Nov 1994 08:60:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:61 GMT", std::nullopt},
      {"Sun, 00 Nov 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 32 Nov 1994 08:49:37 GMT", std::nullopt},
      {"1994-11-06T08:49:37Z", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_http_date(row.text) == row.result);
  }
}

TEST_CASE("an error that is final keeps its kind, message and hint") {
  oci::TransientError error(ErrorKind::network, "cut");
  error.with_hint("wait");
  try {
    throw permanent(error);
  } catch (const oci::TransientError&) {
    FAIL("it would be tried again");
  } catch (const Error& last) {
    CHECK(last.kind() == ErrorKind::network);
    CHECK(std::string(last.what()) == "cut");
    CHECK(last.hint() == "wait");
  }
}

TEST_CASE("what seldom mends itself is tried less often") {
  const CancelToken cancel;
  Retry tries({.first_delay = milliseconds(1)}, {}, cancel);
  tries.limit(2);
  const Error error(ErrorKind::network, "no such host");
  tries.failed(error);
  CHECK_THROWS_WITH(tries.failed(error), "given up after 2 tries: no such host");
}

TEST_CASE("the pause before a try is doubled each time") {
  const CancelToken cancel;
  std::vector<std::string> lines;
  Retry tries(
      {.first_delay = milliseconds(40), .notice = milliseconds(0)},
      [&](std::string_view line) { lines.emplace_back(line); }, cancel);
  for (int i = 0; i < 3; ++i)
    tries.failed(Error("x"));
  REQUIRE(lines.size() == 3);
  for (int i = 0; i < 3; ++i) {
    const std::string& line = lines[static_cast<std::size_t>(i)];
    const int delay = std::stoi(line.substr(line.find(" in ") + 4));
    CAPTURE(delay);
    CHECK(delay >= 30 << i);
    CHECK(delay <= 50 << i);
  }
}

}  // namespace cbuild::registry
