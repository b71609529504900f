// Files of web servers that are no registries: ADD of a URL, contexts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cbuild/registry/download.h"
#include "cbuild/registry/redirect.h"

namespace cbuild::registry {

class Client;

/// See Registry::download().
std::unique_ptr<Download> start_download(std::shared_ptr<Client> client,
                                         const std::string& url,
                                         const FileVersion& known,
                                         const std::optional<std::string>& authorization);

/// See Registry::redirect().
std::optional<Redirect> find_redirect(Client& client,
                                      const std::string& url,
                                      const std::optional<std::string>& authorization);

}  // namespace cbuild::registry
