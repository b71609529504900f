// Client of the OCI distribution-spec: a repository of a registry is a BlobStore.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/credentials.h"
#include "cbuild/util/cancel.h"

namespace cbuild::registry {

/// How long to wait for what. Tests make it short.
struct Times {
  std::chrono::milliseconds first_delay{1000};  ///< before the second of five tries; then doubled
  std::chrono::milliseconds connect{10000};     ///< TLS included
  std::chrono::milliseconds stall{60000};  ///< without an answer, or below 1 KiB/s, for this long
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
};

/// The credentials, connections and tokens of one run of the program. Thread-safe.
class Client;

/// One repository. BlobStore for blobs *and* manifests (by media type of the descriptor).
/// Thread-safe.
class Repository : public oci::BlobStore {
 public:
  /// Which manifest or index `tag` (or digest) names now. One request; the open() of what it found
  /// then makes none. nullopt when there is none.
  /// @throws Error(network); also for what is neither manifest nor index
  virtual std::optional<oci::Descriptor> resolve(const std::string& tag_or_digest) = 0;

  /// Gives a manifest (put before, through create()) a tag. Reads it from the registry when it did
  /// not go through this object.
  virtual void tag(const oci::Descriptor& manifest, const std::string& tag) = 0;

  /// Asks the registry to take `blob` over from another of its repositories. False: it would not;
  /// copy instead.
  virtual bool mount(const oci::Descriptor& blob, const std::string& from_repository) = 0;
};

class Registry {
 public:
  Registry(Options options, const CancelToken& cancel);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// No request is made yet. Repositories of the same name share their tokens. The object may
  /// outlive this one, but not the CancelToken.
  std::unique_ptr<Repository> repository(const oci::Reference& reference);

  /// Checks that `credentials` are accepted by `registry`. @throws Error(network) when not.
  void check_login(const std::string& registry, const Credentials& credentials);

 private:
  std::shared_ptr<Client> client_;
};

}  // namespace cbuild::registry
