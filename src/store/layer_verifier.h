// Verifies the layers of a store.
#pragma once

namespace cbuild::store {

struct Verification;

/// Compares the rows and directories of layers with their digests and blobs. @pre the blobs were
/// verified
void verify_layers(Verification& verification);

}  // namespace cbuild::store
