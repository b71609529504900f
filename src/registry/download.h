// Files of web servers that are no registries: ADD of a URL, contexts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/registry/client.h"

namespace cbuild::registry {

/// See Registry::download().
std::unique_ptr<Download> start_download(std::shared_ptr<Client> client,
                                         const std::string& url,
                                         const FileVersion& known);

/// The file name of a Content-Disposition header (RFC 6266: filename*, else filename), without
/// directories; empty when there is none that names a file.
std::string disposition_name(std::string_view header);

}  // namespace cbuild::registry
