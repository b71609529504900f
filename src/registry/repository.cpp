// What reading and writing share; see repository.h.
#include "src/registry/repository.h"

#include <fmt/core.h>

#include <utility>

#include "cbuild/oci/reference.h"
#include "src/registry/client.h"
#include "src/registry/scope.h"

namespace cbuild::registry {

bool is_tag(std::string_view text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !text.empty() && text.size() <= 128 && text[0] != '.' && text[0] != '-' &&
         text.find_first_not_of(kLetters) == std::string_view::npos;
}

RemoteRepository::RemoteRepository(std::shared_ptr<Client> client, const oci::Reference& reference)
    : client_(std::move(client)),
      access_(client_->access(reference)),
      registry_(reference.registry),
      name_(reference.repository) {}

std::string RemoteRepository::path(std::string_view kind, std::string_view name) const {
  return fmt::format("/v2/{}/{}/{}", name_, kind, name);
}

std::string RemoteRepository::pull_scope_of(const std::string& name) {
  return repository_scope(name, "pull");
}

std::string RemoteRepository::pull_scope() const {
  return pull_scope_of(name_);
}

std::string RemoteRepository::push_scope() const {
  return repository_scope(name_, "pull,push");
}

}  // namespace cbuild::registry
