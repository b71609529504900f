// Client of the OCI distribution-spec: a repository of a registry is a BlobStore.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/credentials.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/io.h"

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

/// What identified a file when it was last fetched: the headers ETag and Last-Modified, as they
/// were.
struct FileVersion {
  std::string etag;
  std::string last_modified;
};

/// A file of a web server; reading it is reading its content. What is cut off is gone on with,
/// where the server tells that it is still the same file. Not thread-safe.
class Download : public Source {
 public:
  /// The server says that the file is of the version asked about; there is no content.
  virtual bool not_modified() const = 0;
  virtual const FileVersion& version() const = 0;
  /// Of version().last_modified, seconds since 1970; nullopt when there is none.
  virtual std::optional<std::int64_t> modified() const = 0;
  virtual std::optional<std::uint64_t> size() const = 0;
};

/// Where a server sends those who ask for a URL.
struct Redirect {
  std::string url;
  bool same_origin = false;  ///< scheme, host and port are those of the URL asked for
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

  /// Asks for the file at an http(s) URL, which may hold a user and password: these go to its own
  /// origin only, and into no message. Redirects are followed, but not from https to http.
  /// @param known          version that need not be sent again
  /// @param authorization  header of that name, for its origin too; instead of what the URL holds
  /// @throws Error(usage) for an ill-formed URL, Error(network), Interrupted
  std::unique_ptr<Download> download(const std::string& url,
                                     const FileVersion& known,
                                     const std::optional<std::string>& authorization = {});

  /// Asks for `url`, and goes nowhere. nullopt when the answer is no redirect.
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
