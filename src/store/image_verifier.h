// Verifies the images of a store.
#pragma once

namespace cbuild::store {

struct Verification;

/// Reads the documents of images and looks for their layers. @pre the layers were verified
void verify_images(Verification& verification);

}  // namespace cbuild::store
