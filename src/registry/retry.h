// Trying again: what deserves it, after how long, how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild::registry {

/// 408, 429, 500, 502, 503, 504.
bool is_retryable_status(int status) noexcept;

/// Seconds to wait from now by a Retry-After header: a number, or an HTTP date in one of its three
/// forms (RFC 9110, 5.6.7); 0 for the past. nullopt for anything else.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::int64_t now);

/// Seconds since 1970 of an HTTP date in one of its three forms; nullopt for anything else.
std::optional<std::int64_t> parse_http_date(std::string_view value);

/// Sleeps until `time` is over. @throws Interrupted at once when cancelled.
void sleep_for(std::chrono::milliseconds time, const CancelToken& cancel);

/// Counts the tries of one piece of work. Not thread-safe.
class Retry {
 public:
  static constexpr int kTries = 5;
  static constexpr std::chrono::seconds kLongestDelay{30};
  static constexpr std::chrono::seconds kLongestRetryAfter{60};

  /// @param first_delay  before the second try; doubled for each further one, ±25 %
  Retry(std::chrono::milliseconds first_delay, const CancelToken& cancel)
      : first_delay_(first_delay), cancel_(cancel) {}

  /// Fewer tries for what seldom mends itself.
  void limit(int tries) noexcept { tries_ = tries; }

  /// Notes that a try failed with `error` and sleeps before the next, as long as the server asked
  /// for (`after`) if that is more.  @throws Error `error` as a permanent one, after the last try
  /// or when `after` is more than a minute; Interrupted
  void failed(const Error& error, std::optional<std::chrono::seconds> after = std::nullopt);

  /// Forgets the failures: there was progress.
  void succeeded() noexcept { failures_ = 0; }

  int failures() const noexcept { return failures_; }

 private:
  std::chrono::milliseconds first_delay_;
  const CancelToken& cancel_;
  int tries_ = kTries;
  int failures_ = 0;
};

/// `error` as an Error that nobody tries to mend: same kind, message and hint.
Error permanent(const Error& error);

}  // namespace cbuild::registry
