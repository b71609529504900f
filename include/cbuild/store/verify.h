// Options and result of verifying a store.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::store {

/// One fault that was found.
struct Damage {
  enum class Kind { database, blob, layer, image, name, record };

  Kind kind;
  std::string subject;  ///< a digest, a name or a file
  std::string problem;
  std::string remedy;  ///< how it was repaired; empty when it was not
};

struct VerifyResult {
  std::uint64_t blobs = 0;  ///< read, likewise below
  std::uint64_t layers = 0;
  std::uint64_t images = 0;
  std::uint64_t names = 0;
  std::uint64_t records = 0;
  /// Files that killed processes left, and images without names that have lost a layer. These are
  /// no faults. A repair removes them, and so does the next build or prune.
  std::uint64_t leftovers = 0;
  std::vector<Damage> damages;
};

struct VerifyOptions {
  /// Repairs what it can: a pulled layer is unpacked again from its blob. Other damaged data is
  /// removed, so that the next build, pull or load creates it again.
  bool repair = false;
  /// Called with the number of blobs, then of layers, that were read. May be empty.
  std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress;
};

}  // namespace cbuild::store
