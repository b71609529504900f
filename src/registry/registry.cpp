// The public interface of the module; see registry.h.
#include "cbuild/registry/registry.h"

#include "cbuild/oci/reference.h"
#include "cbuild/registry/options.h"
#include "cbuild/util/error.h"
#include "src/registry/client.h"
#include "src/registry/download.h"
#include "src/registry/repository.h"

namespace cbuild::registry {

Registry::Registry(Options options, const CancelToken& cancel)
    : client_(std::make_shared<Client>(std::move(options), cancel)) {}

Registry::~Registry() = default;

std::unique_ptr<Repository> Registry::repository(const oci::Reference& reference) {
  return std::make_unique<RemoteRepository>(client_, reference);
}

std::unique_ptr<Download> Registry::download(const std::string& url,
                                             const FileVersion& known,
                                             const std::optional<std::string>& authorization) {
  return start_download(client_, url, known, authorization);
}

std::optional<Redirect> Registry::redirect(const std::string& url,
                                           const std::optional<std::string>& authorization) {
  return find_redirect(*client_, url, authorization);
}

void Registry::announce(std::string_view text) const {
  client_->announce(text);
}

void Registry::check_login(const std::string& registry, const Credentials& credentials) {
  const auto access = client_->access_as(registry, credentials);
  const Call call{.path = "/v2/",
                  .url = std::nullopt,
                  .scope = {},
                  .headers = {},
                  .body = {},
                  .streamed = std::nullopt};
  Reply reply = client_->send(*access, call);
  if (reply.status() == 200) return;
  if (reply.status() == 401) {
    throw Error(ErrorKind::network, "{} does not accept this user name and password", registry);
  }
  if (reply.status() == 404) {
    throw Error(ErrorKind::network, "{} is not a registry: {} does not exist", registry,
                reply.url.display());
  }
  client_->refuse(*access, call, reply);
}

}  // namespace cbuild::registry
