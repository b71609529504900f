// Tells the user about a silent server: once for all requests that wait for it.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "cbuild/util/text.h"
#include "src/registry/http_request.h"

namespace cbuild::registry {

/// Thread-safe.
class HttpSilences {
 public:
  HttpSilences(Announce announce, std::chrono::milliseconds pause)
      : announce_(std::move(announce)), pause_(pause) {}

  void tell(const HttpRequest& request, std::chrono::seconds silence) {
    const std::string host = request.url.base().substr(request.url.scheme.size() + 3);
    {
      const std::lock_guard lock(mutex_);
      const auto now = Attempt::Clock::now();
      const auto [entry, is_new] = told_.try_emplace(host, now);
      if (!is_new && now - entry->second < pause_) return;
      entry->second = now;
    }
    if (announce_) announce_(silence_text(host, silence, request.attempt));
  }

 private:
  static std::string silence_text(const std::string& host,
                                  std::chrono::seconds silence,
                                  const Attempt& attempt) {
    std::string text = fmt::format("{} has been silent for {} s, try {} of {}", printable(host),
                                   silence.count(), attempt.number, Retry::kTries);
    if (attempt.deadline) {
      const auto left =
          std::chrono::ceil<std::chrono::seconds>(*attempt.deadline - Attempt::Clock::now());
      text += fmt::format("; cbuild gives up in {} s", std::max<std::int64_t>(left.count(), 0));
    }
    return text;
  }

  const Announce announce_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::map<std::string, Attempt::Clock::time_point> told_;  // by host
};

}  // namespace cbuild::registry
