// Digests and chain IDs.
#include "cbuild/oci/digest.h"

#include "cbuild/util/error.h"
#include "cbuild/util/sha256.h"
#include "cbuild/util/text.h"

namespace cbuild::oci {

namespace {

constexpr std::string_view kPrefix = "sha256:";

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<Digest> Digest::try_parse(std::string_view text) noexcept {
  Sum sum{};
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  if (text.size() != 2 * sum.size()) return std::nullopt;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    sum[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return Digest(sum);
}

Digest Digest::parse(std::string_view text) {
  if (auto digest = try_parse(text)) return *digest;
  throw Error("'{}' is not a digest (want sha256: and 64 lower-case hex digits)",
              printable(text.substr(0, 100)));
}

Digest Digest::of(std::string_view bytes) noexcept {
  return Digest(Sha256::of(bytes));
}

std::string Digest::hex() const {
  return to_hex(sum_);
}

Digest chain_id(const std::optional<Digest>& parent, const Digest& diff_id) {
  if (!parent) return diff_id;
  return Digest::of(parent->to_string() + " " + diff_id.to_string());
}

}  // namespace cbuild::oci
