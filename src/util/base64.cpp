// Base64 by OpenSSL's block functions, which look up no provider.
#include "cbuild/util/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>

namespace cbuild {

namespace {

const unsigned char* input(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* output(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');  // its own NUL takes that of OpenSSL
  EVP_EncodeBlock(output(text), input(bytes), static_cast<int>(bytes.size()));
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  // OpenSSL takes '=' anywhere for a zero, which it leaves in the result, and trims blanks.
  const std::size_t end = std::min(text.find('='), text.size());
  const std::string_view padding = text.substr(end);
  if (text.size() % 4 != 0 || !std::string_view("==").ends_with(padding)) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(output(bytes), input(text), static_cast<int>(text.size()));
  if (size < 0 || static_cast<std::size_t>(size) != bytes.size()) return std::nullopt;
  bytes.resize(bytes.size() - padding.size());
  return bytes;
}

}  // namespace cbuild
