// The handles of libcurl behind http.cpp, and the pool that keeps them between requests.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/util/error.h"
#include "src/registry/curl_library.h"

namespace cbuild::registry {

/// An easy handle in a multi handle; the latter holds the connections.
class HttpHandle {
 public:
  HttpHandle() : curl_(CurlLibrary::get()), multi_(curl_.multi_init()), easy_(curl_.easy_init()) {
    if (multi_ == nullptr || easy_ == nullptr) throw Error("no memory for an HTTP request");
  }

  HttpHandle(const HttpHandle&) = delete;
  HttpHandle& operator=(const HttpHandle&) = delete;

  ~HttpHandle() {
    detach();
    if (easy_ != nullptr) curl_.easy_cleanup(easy_);
    if (multi_ != nullptr) curl_.multi_cleanup(multi_);
  }

  void attach() {
    const CURLMcode code = curl_.multi_add_handle(multi_, easy_);
    if (code != CURLM_OK) throw Error("libcurl: {}", curl_.multi_strerror(code));
    attached_ = true;
  }

  void detach() noexcept {
    if (attached_) curl_.multi_remove_handle(multi_, easy_);
    attached_ = false;
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_.easy_setopt(easy_, option, value);
    if (code != CURLE_OK) throw Error("libcurl: {}", curl_.easy_strerror(code));
  }

  const CurlLibrary& curl() const noexcept { return curl_; }

  CURLM* multi() const noexcept { return multi_; }

  CURL* easy() const noexcept { return easy_; }

 private:
  const CurlLibrary& curl_;
  CURLM* multi_;
  CURL* easy_;
  bool attached_ = false;
};

/// Handles at rest, with the origin that their connection leads to. Thread-safe.
class HttpPool {
 public:
  std::unique_ptr<HttpHandle> take(const std::string& origin) {
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = idle_.size(); i-- > 0;) {
        if (idle_[i].origin != origin) continue;
        auto handle = std::move(idle_[i].handle);
        idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
        return handle;
      }
    }
    return std::make_unique<HttpHandle>();
  }

  void put(std::string origin, std::unique_ptr<HttpHandle> handle) {
    std::unique_ptr<HttpHandle> oldest;  // its connections are closed outside of the lock
    const std::lock_guard lock(mutex_);
    constexpr std::size_t kMaxIdle = 16;
    if (idle_.size() >= kMaxIdle) {
      oldest = std::move(idle_.front().handle);
      idle_.erase(idle_.begin());
    }
    idle_.push_back({std::move(origin), std::move(handle)});
  }

 private:
  struct Idle {
    std::string origin;
    std::unique_ptr<HttpHandle> handle;
  };

  std::mutex mutex_;
  std::vector<Idle> idle_;  // the one used last is last
};

}  // namespace cbuild::registry
