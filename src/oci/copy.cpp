// Copying images between BlobStores.
#include "cbuild/oci/copy.h"

#include <unordered_set>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/transient_error.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/io.h"
#include "cbuild/util/parallel.h"

namespace cbuild::oci {

namespace {

constexpr int kMaxIndexDepth = 4;
constexpr std::size_t kMaxLayers = 512;
constexpr int kTries = 5;  // of a blob whose transfer broke

/// All documents and blobs beneath a manifest or index, children before parents.
struct Plan {
  std::vector<Descriptor> blobs;      // layers and configs: in any order, side by side
  std::vector<Descriptor> documents;  // manifests and indexes: after the blobs, in this order
  std::vector<std::string> contents;  // of the documents
  std::unordered_set<Digest> seen;
};

void plan_blob(Plan& plan, const Descriptor& blob) {
  if (plan.seen.insert(blob.digest).second) plan.blobs.push_back(blob);
}

void plan_document(Plan& plan, BlobStore& from, const Descriptor& document, int depth) {
  if (depth > kMaxIndexDepth) throw Error("indexes nested more than {} deep", kMaxIndexDepth);
  if (!plan.seen.insert(document.digest).second) return;
  std::string content = read_document(from, document);
  if (media_type::is_index(media_type_of_document(content))) {
    for (const Descriptor& child : Index::parse(content).manifests) {
      plan_document(plan, from, child, depth + 1);
    }
  } else {
    const Manifest manifest = Manifest::parse(content);
    if (manifest.layers.size() > kMaxLayers) {
      throw Error("{} layers; more than {} are not supported", manifest.layers.size(), kMaxLayers);
    }
    for (const Descriptor& layer : manifest.layers)
      plan_blob(plan, layer);
    plan_blob(plan, manifest.config);
  }
  plan.documents.push_back(document);
  plan.contents.push_back(std::move(content));
}

/// Passes bytes on and counts them for the progress display.
class ReportingSource final : public Source {
 public:
  ReportingSource(Source& inner,
                  const Descriptor& blob,
                  const CopyOptions& options,
                  const CancelToken& cancel)
      : inner_(inner), blob_(blob), options_(options), cancel_(cancel) {}

  std::size_t read(std::span<std::byte> buffer) override {
    cancel_.check();
    const std::size_t count = inner_.read(buffer);
    done_ += count;
    if (count > 0 && options_.progress) options_.progress(blob_, done_, false);
    return count;
  }

 private:
  Source& inner_;
  const Descriptor& blob_;
  const CopyOptions& options_;
  const CancelToken& cancel_;
  std::uint64_t done_ = 0;
};

}  // namespace

void copy_blob(const Descriptor& blob,
               BlobStore& from,
               BlobStore& to,
               const CopyOptions& options,
               const CancelToken& cancel) {
  cancel.check();
  if (to.has(blob)) {
    if (options.progress) options.progress(blob, blob.size, true);
    return;
  }
  for (int tries_left = kTries - 1;; --tries_left) {
    try {
      const auto source = from.open(blob);
      ReportingSource reporting(*source, blob, options, cancel);
      const auto writer = to.create(blob);
      copy(reporting, *writer);
      return writer->commit();
    } catch (const TransientError&) {
      if (tries_left == 0) throw;
    }
  }
}

void copy(const Descriptor& root,
          BlobStore& from,
          BlobStore& to,
          const CopyOptions& options,
          const CancelToken& cancel) {
  Plan plan;
  plan_document(plan, from, root, 1);
  parallel_for(plan.blobs.size(), options.parallel,
               [&](std::size_t i) { copy_blob(plan.blobs[i], from, to, options, cancel); });
  for (std::size_t i = 0; i < plan.documents.size(); ++i) {
    cancel.check();
    write_blob(to, plan.documents[i], plan.contents[i]);
  }
}

}  // namespace cbuild::oci
