// SHA-256 through OpenSSL's low-level functions: no provider look-up, which would cost a cached
// build half a millisecond.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "cbuild/util/sha256.h"

#include <openssl/sha.h>

#include <new>

namespace cbuild {

namespace {

SHA256_CTX* context(std::array<std::byte, 128>& state) {
  return std::launder(reinterpret_cast<SHA256_CTX*>(state.data()));
}

}  // namespace

Sha256::Sha256() noexcept {
  static_assert(sizeof(SHA256_CTX) <= sizeof state_);
  SHA256_Init(new (state_.data()) SHA256_CTX);
}

void Sha256::update(std::span<const std::byte> bytes) noexcept {
  SHA256_Update(context(state_), bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) noexcept {
  SHA256_Update(context(state_), text.data(), text.size());
}

Sha256Sum Sha256::finish() noexcept {
  Sha256Sum sum;
  SHA256_Final(sum.data(), context(state_));
  return sum;
}

Sha256Sum Sha256::of(std::string_view text) noexcept {
  Sha256 hash;
  hash.update(text);
  return hash.finish();
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace cbuild
