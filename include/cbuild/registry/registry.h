// Client of the OCI distribution-spec: a repository of a registry is a BlobStore.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild {
class CancelToken;
}

namespace cbuild::oci {
struct Reference;
}

namespace cbuild::registry {

class Download;
class Repository;
struct Credentials;
struct FileVersion;
struct Options;
struct Redirect;

/// The connections and tokens of one run of the program. Thread-safe.
class Client;

/// Registries and web servers, as one run of the program sees them.
class Registry {
 public:
  Registry(Options options, const CancelToken& cancel);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// No request is made yet. Repositories of the same name share their tokens. The object may
  /// outlive this one, but not the CancelToken.
  std::unique_ptr<Repository> repository(const oci::Reference& reference);

  /// Asks for the file at an http(s) URL, which may hold a user and password: these go to its own
  /// origin only, and into no message. Redirects are followed, but not from https to http.
  /// @param known          version that need not be sent again
  /// @param authorization  header of that name, for its origin too; instead of what the URL holds
  /// @throws Error(usage) for an ill-formed URL, Error(network), Interrupted
  std::unique_ptr<Download> download(const std::string& url,
                                     const FileVersion& known,
                                     const std::optional<std::string>& authorization = {});

  /// Requests `url` without following a redirect. nullopt when the answer is not a redirect.
  /// @param authorization  as in download()
  std::optional<Redirect> redirect(const std::string& url,
                                   const std::optional<std::string>& authorization);

  /// Tells as Options.announce says.
  void announce(std::string_view text) const;

  /// Checks that `credentials` are accepted by `registry`. @throws Error(network) when not.
  void check_login(const std::string& registry, const Credentials& credentials);

 private:
  std::shared_ptr<Client> client_;
};

}  // namespace cbuild::registry
