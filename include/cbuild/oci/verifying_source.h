// Reads a blob and checks its size and digest on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "cbuild/oci/descriptor.h"
#include "cbuild/util/io.h"
#include "cbuild/util/sha256.h"

namespace cbuild::oci {

/// Wraps a source: passes bytes on, throws when they turn out longer than, shorter than, or other
/// than `blob` says.
class VerifyingSource final : public Source {
 public:
  VerifyingSource(std::unique_ptr<Source> inner, Descriptor blob);

  std::size_t read(std::span<std::byte> buffer) override;

 private:
  std::unique_ptr<Source> inner_;
  Descriptor blob_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
  bool ended_ = false;
};

}  // namespace cbuild::oci
