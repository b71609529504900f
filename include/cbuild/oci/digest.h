// The name of a blob: the SHA-256 of its bytes.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/util/sha256.h"

namespace cbuild::oci {

/// "sha256:" and 64 lower-case hexadecimal digits. Immutable value.
/// Source: OCI image-spec v1.1, descriptor.md "Digests". Other algorithms are refused.
class Digest {
 public:
  /// The all-zero digest; only a placeholder.
  Digest() noexcept : sum_{} {}

  explicit Digest(const Sha256Sum& sum) noexcept : sum_(sum) {}

  /// @throws Error naming the text.
  static Digest parse(std::string_view text);
  static std::optional<Digest> try_parse(std::string_view text) noexcept;

  static Digest of(std::string_view bytes) noexcept { return Digest(Sha256::of(bytes)); }

  std::string hex() const { return to_hex(sum_); }

  std::string to_string() const { return "sha256:" + hex(); }

  /// The first 12 hexadecimal digits: what people are shown.
  std::string short_hex() const { return hex().substr(0, 12); }

  const Sha256Sum& sum() const noexcept { return sum_; }

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  Sha256Sum sum_;
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
