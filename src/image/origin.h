// Records which registry has an image, and by which digest.
#pragma once

#include "cbuild/image/documents.h"
#include "cbuild/oci/reference.h"
#include "cbuild/store/store.h"

namespace cbuild::image {

/// Records that the registry of `reference` has `image`: it is asked for the layers that the store
/// lacks, as this manifest names them.
void note_origin(store::Store& store, const oci::Reference& reference, const Documents& image);

}  // namespace cbuild::image
