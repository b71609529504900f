// Records which registry has an image, and by which digest.
#pragma once

namespace cbuild::oci {
struct Reference;
}

namespace cbuild::store {
class Store;
}

namespace cbuild::image {

struct Documents;

/// Records that the registry of `reference` has `image`: it is asked for the layers that the store
/// lacks, as this manifest names them.
void note_origin(store::Store& store, const oci::Reference& reference, const Documents& image);

}  // namespace cbuild::image
