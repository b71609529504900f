// Hashes layer directories; see layer_tar.h.
#include "src/store/layer_tar.h"

#include <utility>

#include "cbuild/layer/diff.h"
#include "cbuild/util/hashing_stream.h"

namespace cbuild::store {

LayerTar hash_layer(const Fd& directory,
                    std::shared_ptr<const FileOwners> owners,
                    const CancelToken& cancel) {
  HashingSink tar;
  layer::write_tar(directory, tar,
                   {.latest_time = std::nullopt, .owners = std::move(owners), .cancel = &cancel});
  return {oci::Digest(tar.finish()), tar.count()};
}

}  // namespace cbuild::store
