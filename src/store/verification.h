// What the parts of one verification of a store share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "cbuild/oci/digest.h"
#include "cbuild/store/verify.h"

namespace cbuild {
class CancelToken;
}

namespace cbuild::store {

struct VerifiedStore;

/// Borrows the store, the options and the token.
struct Verification {
  /// Notes what is wrong; with --repair it calls `mend`, which says what it did.
  void note(Damage::Kind kind,
            std::string subject,
            std::string problem,
            const std::function<std::string()>& mend);

  /// Reports that `done` of `total` are verified. @throws Interrupted when it is cancelled
  void tell(std::string_view what, std::uint64_t done, std::uint64_t total) const;

  const VerifiedStore& store;
  const VerifyOptions& options;
  const CancelToken& cancel;
  std::unordered_set<oci::Digest> intact = {};  ///< blobs whose files are what they are called
  VerifyResult result = {};
};

}  // namespace cbuild::store
