// Owners of links as texts; see link_owners.h.
#include "cbuild/util/link_owners.h"

#include <charconv>
#include <cstddef>

#include "cbuild/util/error.h"

namespace cbuild {

namespace {

/// Takes "NUMBER:" off the text.
template <typename Number>
Number take_number(std::string_view& text) {
  Number number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end == last || *end != ':') throw Error("damaged owners of links");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

}  // namespace

std::string to_text(const LinkOwners& owners) {
  std::string text;
  for (const auto& [path, owner] : owners)
    text += fmt::format("{}:{}:{}:{}", owner.uid, owner.gid, path.size(), path);
  return text;
}

LinkOwners parse_link_owners(std::string_view text) {
  LinkOwners owners;
  while (!text.empty()) {
    const auto uid = take_number<std::uint32_t>(text);
    const auto gid = take_number<std::uint32_t>(text);
    const auto size = take_number<std::size_t>(text);
    if (size > text.size()) throw Error("damaged owners of links");
    owners.insert_or_assign(std::string(text.substr(0, size)), LinkOwner{uid, gid});
    text.remove_prefix(size);
  }
  return owners;
}

}  // namespace cbuild
