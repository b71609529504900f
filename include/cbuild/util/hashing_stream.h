// Streams that hash and count what passes through them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cbuild/util/io.h"
#include "cbuild/util/sha256.h"

namespace cbuild {

/// Passes bytes through and hashes and counts them on the way. Does not own `inner`.
class HashingSource final : public Source {
 public:
  explicit HashingSource(Source& inner) : inner_(inner) {}

  std::size_t read(std::span<std::byte> buffer) override;

  std::uint64_t count() const noexcept { return count_; }

  Sha256Sum finish() noexcept { return hash_.finish(); }

 private:
  Source& inner_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
};

/// Hashes and counts; passes on to `inner` when there is one. Does not own it.
class HashingSink final : public Sink {
 public:
  explicit HashingSink(Sink* inner = nullptr) : inner_(inner) {}

  void write(std::span<const std::byte> bytes) override;

  std::uint64_t count() const noexcept { return count_; }

  Sha256Sum finish() noexcept { return hash_.finish(); }

 private:
  Sink* inner_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
};

}  // namespace cbuild
