// One repository of a registry as a BlobStore.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/digest.h"
#include "cbuild/registry/repository.h"
#include "cbuild/util/url.h"

namespace cbuild::oci {
struct Reference;
}

namespace cbuild::registry {

struct Access;
struct Attempt;
struct Call;
class Client;
struct HttpResponse;

/// Source: OCI distribution-spec v1.1.
class RemoteRepository final : public Repository {
 public:
  RemoteRepository(std::shared_ptr<Client> client, const oci::Reference& reference);

  bool has(const oci::Descriptor& blob) override;
  std::unique_ptr<Source> open(const oci::Descriptor& blob) override;
  std::unique_ptr<oci::BlobWriter> create(const oci::Descriptor& blob) override;

  std::optional<oci::Descriptor> resolve(const std::string& tag_or_digest) override;
  void tag(const oci::Descriptor& manifest, const std::string& tag) override;
  bool mount(const oci::Descriptor& blob, const std::string& from_repository) override;

 private:
  friend class ManifestWriter;
  friend class BufferedUpload;

  struct Manifest {
    oci::Descriptor descriptor;
    std::string bytes;
  };

  std::string path(std::string_view kind, std::string_view name) const;

  static std::string pull_scope_of(const std::string& name);
  std::string pull_scope() const;
  std::string push_scope() const;

  std::optional<Manifest> fetch_manifest(const std::string& tag_or_digest);
  void remember(Manifest manifest);
  std::optional<std::string> remembered(const oci::Digest& digest);

  void put_manifest(const oci::Descriptor& manifest, const std::string& name, std::string bytes);
  Url begin_upload(const oci::Descriptor& blob, const Attempt& within);
  Call finish_upload(const Url& session, const oci::Descriptor& blob) const;

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<Access> access_;
  const std::string registry_;
  const std::string name_;

  std::mutex mutex_;
  std::deque<Manifest> manifests_;       // seen or put last: the next request is often for them
  std::map<oci::Digest, Url> sessions_;  // uploads that a refused mount began
};

/// The type of a manifest by its Content-Type and its own "mediaType", which must agree; general
/// types (application/json, …) count as none.  @throws Error(network)
std::string manifest_type(const std::optional<std::string>& content_type, std::string_view bytes);

/// The media types of manifests for the header Accept: those that cbuild reads, best first; then
/// others, so that a message can name them.
std::string accepted_types();

/// [A-Za-z0-9_][A-Za-z0-9._-]{0,127}
bool is_tag(std::string_view text);

}  // namespace cbuild::registry
