// Retries: which failures deserve one, after which delay, how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild {
class CancelToken;
class Error;
}  // namespace cbuild

namespace cbuild::registry {

/// Seconds to wait from now by a Retry-After header: a number, or an HTTP date in one of its three
/// forms (RFC 9110, 5.6.7); 0 for the past. nullopt for what is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, std::int64_t now);

/// Seconds since 1970 of an HTTP date in one of its three forms, as libcurl reads it; nullopt for
/// what is no date.
std::optional<std::int64_t> parse_http_date(const std::string& value);

/// Sleeps until `time` is over. @throws Interrupted at once when cancelled.
void sleep_for(std::chrono::milliseconds time, const CancelToken& cancel);

/// One try of several.
struct Attempt {
  using Clock = std::chrono::steady_clock;

  std::optional<Clock::time_point> deadline;  ///< of all of them
  int number = 1;
};

/// Is told, in a line, what keeps us waiting. Called from any thread; may be empty.
using Announce = std::function<void(std::string_view)>;

struct RetryLimits {
  std::chrono::milliseconds first_delay{1000};  ///< then doubled for each further try, ±25 %
  std::chrono::milliseconds whole{100'000};     ///< of waiting in vain, delays included
  std::chrono::milliseconds notice{10'000};     ///< so long in vain, and each try is announced
};

/// Counts the tries of one piece of work, and the time that is lost with them. Not thread-safe.
class Retry {
 public:
  using Clock = Attempt::Clock;

  static constexpr int kTries = 5;
  static constexpr std::chrono::seconds kLongestDelay{30};

  /// @param cancel  borrowed
  /// @param within  the try of greater work that all of this is part of
  Retry(const RetryLimits& limits,
        Announce announce,
        const CancelToken& cancel,
        const Attempt& within = {});

  /// Lowers the number of attempts, for failures that rarely recover (DNS).
  void limit(int tries) noexcept { tries_ = tries; }

  /// The try that begins now.
  Attempt attempt() const;

  /// Notes that a try failed with `error` and sleeps before the next, as long as the server asked
  /// for (`after`) if that is more.  @throws Error `error` as a permanent one, after the last try
  /// or when no time is left for another; Interrupted
  void failed(const Error& error, std::optional<std::chrono::seconds> after = std::nullopt);

  /// The same for a try that went well at first: only `vain` of its time is lost.
  void stalled(const Error& error, std::chrono::milliseconds vain);

  /// Forgets the failures and the time: there was progress.
  void succeeded() noexcept;

 private:
  std::chrono::milliseconds left() const;
  void pause(const Error& error, std::optional<std::chrono::seconds> after);
  [[noreturn]] void give_up(const Error& error) const;

  const RetryLimits limits_;
  const Announce announce_;
  const CancelToken& cancel_;
  const Attempt within_;
  int tries_ = kTries;
  int failures_ = 0;
  std::chrono::milliseconds lost_{0};
  Clock::time_point began_ = Clock::now();  ///< the try
};

/// `error` as an Error that is not retried: same kind, message and hint.
Error permanent(const Error& error);

}  // namespace cbuild::registry
