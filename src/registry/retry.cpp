// Retries with growing delays; see retry.h.
#include "src/registry/retry.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <random>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/registry/curl_library.h"

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// 75 to 125 % of `delay`, so that clients that failed together do not come back together.
milliseconds with_jitter(milliseconds delay) {
  std::random_device random;
  return delay * (75 + static_cast<int>(random() % 51)) / 100;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(const std::string& text) {
  const std::int64_t time = CurlLibrary::get().getdate(text.c_str(), nullptr);
  return time >= 0 ? std::optional(time) : std::nullopt;
}

std::optional<seconds> parse_retry_after(std::string_view value, std::int64_t now) {
  value = trim(value);
  constexpr std::uint64_t kCentury = 3'155'760'000;
  if (const auto count = parse_uint(value)) return seconds(std::min(*count, kCentury));
  const auto date = parse_http_date(std::string(value));
  if (!date) return std::nullopt;
  return seconds(std::max<std::int64_t>(*date - now, 0));
}

void sleep_for(milliseconds time, const CancelToken& cancel) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    cancel.check();
    const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    pollfd wake{cancel.fd(), POLLIN, 0};
    ::poll(&wake, 1, static_cast<int>(std::min<milliseconds::rep>(left.count(), 60'000)));
  }
}

Retry::Retry(const RetryLimits& limits,
             Announce announce,
             const CancelToken& cancel,
             const Attempt& within)
    : limits_(limits), announce_(std::move(announce)), cancel_(cancel), within_(within) {}

/// For the try that began last and those after it.
milliseconds Retry::left() const {
  const milliseconds ours = limits_.whole - lost_;
  if (!within_.deadline) return ours;
  return std::min(ours, std::chrono::ceil<milliseconds>(*within_.deadline - began_));
}

Attempt Retry::attempt() const {
  return {began_ + left(), within_.number + failures_};
}

void Retry::failed(const Error& error, std::optional<seconds> after) {
  lost_ += std::chrono::ceil<milliseconds>(Clock::now() - began_);
  pause(error, after);
}

void Retry::stalled(const Error& error, milliseconds vain) {
  lost_ += vain;
  pause(error, std::nullopt);
}

void Retry::succeeded() noexcept {
  failures_ = 0;
  lost_ = milliseconds(0);
  began_ = Clock::now();
}

void Retry::pause(const Error& error, std::optional<seconds> after) {
  cancel_.check();
  ++failures_;
  began_ = Clock::now();
  if (after && *after > left()) {
    Error late = permanent(error);
    throw late.with_hint(fmt::format("the server asks for a pause until {}",
                                     rfc3339(std::time(nullptr) + after->count())));
  }
  const milliseconds doubled = limits_.first_delay * (1 << std::min(failures_ - 1, 20));
  milliseconds delay = with_jitter(std::min<milliseconds>(doubled, kLongestDelay));
  if (after) delay = std::max<milliseconds>(delay, *after);
  if (failures_ >= tries_ || delay >= left()) give_up(error);
  const std::string next = fmt::format("{}; trying again in {} ms, try {} of {}", error.what(),
                                       delay.count(), within_.number + failures_, kTries);
  if (announce_ && lost_ + delay >= limits_.notice) {
    announce_(next);
  } else {
    log_debug("{}", next);
  }
  sleep_for(delay, cancel_);
  lost_ += delay;
  began_ = Clock::now();
}

void Retry::give_up(const Error& error) const {
  Error last = permanent(error);
  if (failures_ > 1) last.prepend(fmt::format("given up after {} tries", failures_));
  throw last;
}

Error permanent(const Error& error) {
  Error result(error.kind(), "{}", error.what());
  result.with_hint(error.hint());
  return result;
}

}  // namespace cbuild::registry
