// Paths and names of kept data; see kept_layout.h.
#include "src/store/kept_layout.h"

#include <algorithm>
#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::store {

namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kShownName = 40;

bool is_letter_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

}  // namespace

const KeptLayout& layout_of(KeptKind kind) {
  return *std::ranges::find(kKeptLayouts, kind, &KeptLayout::kind);
}

bool is_valid(const KeptName& which) {
  const std::string& name = which.name;
  if (name.empty() || name.size() > kLongestName || !is_letter_or_digit(name.front())) return false;
  // Elsewhere a "." tells lock files and temporary files from entries.
  const bool may_have_dots = which.kind == KeptKind::volume || which.kind == KeptKind::network;
  const std::string_view others = may_have_dots ? "_-." : "_-";
  return std::ranges::all_of(name, [&](char letter) {
    return is_letter_or_digit(letter) || others.find(letter) != std::string_view::npos;
  });
}

std::string kept_parent(const std::string& root, KeptKind kind) {
  return root + "/" + layout_of(kind).directory;
}

std::string kept_path(const std::string& root, const KeptName& which) {
  if (!is_valid(which)) {
    throw Error(ErrorKind::usage, "'{}' cannot be the name of a {}",
                printable(which.name.substr(0, kShownName)), layout_of(which.kind).subject)
        .with_hint(fmt::format("use at most {} letters, digits, '_' and '-'", kLongestName));
  }
  return kept_parent(root, which.kind) + "/" + which.name;
}

std::string lock_path(const std::string& entry) {
  return entry + ".lock";
}

}  // namespace cbuild::store
