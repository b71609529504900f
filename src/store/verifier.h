// Verifies a store: reads all of it and compares digests, rows and files.
#pragma once

namespace cbuild {
class CancelToken;
}

namespace cbuild::store {

struct VerifiedStore;
struct VerifyOptions;
struct VerifyResult;

/// See Store::verify(). To repair, nobody else may use the store.
VerifyResult verify_store(const VerifiedStore& store,
                          const VerifyOptions& options,
                          const CancelToken& cancel);

}  // namespace cbuild::store
