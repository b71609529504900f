// What `cbuild verify` finds in a store, and what it did about it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::store {

/// One thing that is wrong.
struct Damage {
  enum class Kind { database, blob, layer, image, name, record };

  Kind kind;
  std::string subject;  ///< a digest, a name or a file
  std::string problem;
  std::string remedy;  ///< what was done; empty when nothing was
};

struct VerifyResult {
  std::uint64_t blobs = 0;  ///< read, likewise below
  std::uint64_t layers = 0;
  std::uint64_t images = 0;
  std::uint64_t names = 0;
  std::uint64_t records = 0;
  /// Files that killed processes left, and images without names that have lost a layer; no damage.
  /// A repair removes them, as the next build or prune does.
  std::uint64_t leftovers = 0;
  std::vector<Damage> damages;
};

struct VerifyOptions {
  /// Mends from what is there: a pulled layer is unpacked again from its blob. Else drops what
  /// cannot be trusted, so that the next build, pull or load makes it again.
  bool repair = false;
  /// How many of the blobs, then of the layers, were read.
  std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress;
};

}  // namespace cbuild::store
