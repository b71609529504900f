// The options of the registry client.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/registry/credentials.h"

namespace cbuild::registry {

/// How long to wait for what. Tests make it short.
struct Times {
  std::chrono::milliseconds first_delay{1000};  ///< before the second of five tries; then doubled
  std::chrono::milliseconds connect{10000};     ///< TLS included
  std::chrono::milliseconds stall{60000};  ///< without an answer, or below 1 KiB/s, for this long
  /// For one request with all its tries: what is waited for in vain. Also for the answer to an
  /// upload.
  std::chrono::milliseconds whole{100000};
  std::chrono::milliseconds spare{10000};   ///< for requests that only save time, or tidy up
  std::chrono::milliseconds notice{10000};  ///< a wait of this length is announced
};

struct Options {
  CredentialPaths credentials;
  std::vector<std::string> insecure;  ///< hosts (HOST or HOST:PORT) that may be spoken to by http
                                      ///< when they do not speak https; loopback ones always may.
                                      ///< Certificates are checked nevertheless
  std::string certificate_directory;  ///< like /etc/docker/certs.d: HOST[:PORT]/*.crt, *.cert,
                                      ///< *.key; several are looked at by default
  std::vector<std::string> ca_files;  ///< further certificate authorities (PEM)
  Times times;
  /// Is told, in a line, who keeps us waiting: "HOST has been silent for 10 s, try 1 of 5; …".
  /// Called from any thread; may be empty.
  std::function<void(std::string_view)> announce;
};

}  // namespace cbuild::registry
