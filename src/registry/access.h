// The way into one repository.
#pragma once

#include <memory>
#include <string>

#include "src/registry/auth.h"

namespace cbuild::registry {

/// The way into one repository: which registry, who we are there. Shared by all that use it.
struct Access {
  std::string registry;  ///< as in references: "docker.io"
  std::unique_ptr<Authenticator> auth;
};

}  // namespace cbuild::registry
