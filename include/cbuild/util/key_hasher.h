// Hashes named values so that no two different lists of values hash alike.
#pragma once

#include <cstdint>
#include <string_view>

#include "cbuild/util/sha256.h"

namespace cbuild {

/// SHA-256 over a sequence of (tag, value); each part goes in with its length, so "ab"+"c" differs
/// from "a"+"bc" and an absent value from an empty one.
class KeyHasher {
 public:
  KeyHasher& add(std::string_view tag, std::string_view value) {
    update(tag);
    update(value);
    return *this;
  }

  KeyHasher& add(std::string_view tag, std::uint64_t value) {
    update(tag);
    update({reinterpret_cast<const char*>(&value), sizeof value});
    return *this;
  }

  KeyHasher& add(std::string_view tag, const Sha256Sum& value) {
    update(tag);
    update({reinterpret_cast<const char*>(value.data()), value.size()});
    return *this;
  }

  Sha256Sum finish() noexcept { return hash_.finish(); }

 private:
  void update(std::string_view part) {
    const std::uint64_t size = part.size();
    hash_.update({reinterpret_cast<const char*>(&size), sizeof size});
    hash_.update(part);
  }

  Sha256 hash_;
};

}  // namespace cbuild
