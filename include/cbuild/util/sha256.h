// SHA-256 of bytes, incrementally.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cbuild {

using Sha256Sum = std::array<std::uint8_t, 32>;

/// Incremental SHA-256 (FIPS 180-4), with the CPU's instructions where it has them. Cheap to make
/// and to copy.
class Sha256 {
 public:
  Sha256() noexcept;

  void update(std::span<const std::byte> bytes) noexcept;
  void update(std::string_view text) noexcept;

  /// Ends the computation. The object is only good for destruction or assignment afterwards.
  Sha256Sum finish() noexcept;

  static Sha256Sum of(std::string_view text) noexcept;

 private:
  alignas(16) std::array<std::byte, 128> state_;
};

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);
/// Whether `text` consists of such digits alone.
bool is_hex(std::string_view text);

}  // namespace cbuild
