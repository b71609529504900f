// The hosts of registries: address, http or https, certificates.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/util/url.h"

namespace cbuild::registry {

struct Options;
struct TlsFiles;

/// "docker.io" is served by registry-1.docker.io; all others by themselves.
std::string host_of_registry(std::string_view registry);

/// Directories that may hold HOST[:PORT]/: docker's, containers', the user's, `extra` last.
std::vector<std::string> certificate_directories(const std::string& extra);

/// Thread-safe.
class Hosts {
 public:
  explicit Hosts(const Options& options);

  /// "https://HOST/" of a registry; http once it turned out that it speaks nothing else.
  /// @throws Error(usage) when `registry` is no host
  Url base(const std::string& registry) const;

  /// Whether `url` is https to a host that may fall back to http: named by Options.insecure, or
  /// loopback, and not known yet.
  bool may_fall_back(const Url& url) const;

  /// Remembers what the host of `url` speaks, so that nobody asks again.
  void remember_scheme(const Url& url);

  /// Whether `url` is reached without any proxy.
  static bool is_direct(const Url& url) { return is_loopback(url.host); }

  /// For requests to `url` on behalf of `registry`: authorities of both hosts, and our certificate
  /// when one is kept for the host of `url` itself, unless we are `anonymous`. Null when there is
  /// nothing special.  @throws Error for a certificate without key
  std::shared_ptr<const TlsFiles> tls(const Url& url, const Url& registry, bool anonymous);

 private:
  TlsFiles load(const Url& url, const Url& registry, bool anonymous) const;

  const std::vector<std::string> insecure_;
  const std::vector<std::string> directories_;
  const std::vector<std::string> ca_files_;

  mutable std::mutex mutex_;
  std::map<std::string, std::string> schemes_;  // by "host:port" of the https URL
  std::map<std::string, std::shared_ptr<const TlsFiles>> tls_;
};

}  // namespace cbuild::registry
