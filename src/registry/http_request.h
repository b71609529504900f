// An HTTP request: method, URL, headers, body, TLS files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/util/url.h"
#include "src/registry/http_response.h"
#include "src/registry/retry.h"

namespace cbuild::registry {

struct TlsFiles;

struct HttpRequest {
  std::string method = "GET";
  Url url;
  std::vector<Header> headers;
  std::string body;  ///< sent with its length by POST, PUT and PATCH, even when empty
  std::optional<std::uint64_t> streamed;  ///< length of a body that comes through write() instead
  Attempt attempt{};                      ///< until its end there must be an answer
  std::shared_ptr<const TlsFiles> tls;    ///< may be null
  bool anonymous = false;                 ///< our certificate is not shown
  bool direct = false;                    ///< no proxy, whatever the environment says
  bool probing = false;                   ///< waits no longer than 3 s for a TLS handshake
};

}  // namespace cbuild::registry
