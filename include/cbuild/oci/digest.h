// The name of a blob: the SHA-256 of its bytes.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cbuild::oci {

/// "sha256:" and 64 lower-case hexadecimal digits. Immutable value.
/// Source: OCI image-spec v1.1, descriptor.md "Digests". Other algorithms are refused.
class Digest {
 public:
  using Sum = std::array<std::uint8_t, 32>;  ///< the same as Sha256Sum

  /// The all-zero digest; only a placeholder.
  Digest() noexcept : sum_{} {}

  explicit Digest(const Sum& sum) noexcept : sum_(sum) {}

  /// @throws Error naming the text.
  static Digest parse(std::string_view text);
  static std::optional<Digest> try_parse(std::string_view text) noexcept;

  static Digest of(std::string_view bytes) noexcept;

  std::string hex() const;

  std::string to_string() const { return "sha256:" + hex(); }

  /// The first 12 hexadecimal digits: what people are shown.
  std::string short_hex() const { return hex().substr(0, 12); }

  const Sum& sum() const noexcept { return sum_; }

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  Sum sum_;
};

/// Name of the stack that results from putting the layer `diff_id` on the stack `parent` (absent:
/// on nothing). Source: OCI image-spec v1.1, config.md "Layer ChainID".
Digest chain_id(const std::optional<Digest>& parent, const Digest& diff_id);

}  // namespace cbuild::oci

template <>
struct std::hash<cbuild::oci::Digest> {
  std::size_t operator()(const cbuild::oci::Digest& digest) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = (value << 8) | digest.sum()[i];
    return value;
  }
};
