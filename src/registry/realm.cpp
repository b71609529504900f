// Checks token servers; see realm.h.
#include "src/registry/realm.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"

namespace cbuild::registry {

namespace {

std::string host_of(const Url& url) {
  return url.base().substr(url.scheme.size() + 3);
}

}  // namespace

Url check_realm(std::string_view realm,
                const Url& registry,
                const std::vector<std::string>& trusted) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorKind::network, "{} names the token server '{}', which {}", registry.base(),
                printable(realm.substr(0, 300)), why);
  };
  const auto url = Url::try_parse(realm);
  if (!url) refuse("is not an http or https URL");
  if (registry.scheme == "https" && url->scheme != "https") refuse("does not use https");
  const bool own = url->host == registry.host || is_loopback(registry.host) ||
                   std::ranges::any_of(trusted, [&](const std::string& host) {
                     return host == url->host || host == host_of(*url);
                   });
  if (!own && is_private_address(url->host)) refuse("is in a private network");
  return *url;
}

}  // namespace cbuild::registry
