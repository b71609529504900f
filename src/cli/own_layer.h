// Whether an image has a layer that was made here.
#pragma once

namespace cbuild::store {
struct Image;
class Store;
}  // namespace cbuild::store

namespace cbuild::cli {

/// Whether a layer of `image` was made here, so that it must be read from its directory.
bool has_own_layer(store::Store& store, const store::Image& image);

}  // namespace cbuild::cli
