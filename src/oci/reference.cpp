// The grammar of image names.
#include "cbuild/oci/reference.h"

#include <algorithm>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::oci {

namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxTag = 128;

bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_alnum(char c) {
  return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/// path-component := alnum+ (('.' | '_' | '__' | '-'+) alnum+)*
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_lower_alnum(text.front()) || !is_lower_alnum(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_lower_alnum(text[i])) {
      ++i;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of(text[i], i), text.size());
    const std::size_t run = end - i;
    const bool separator =
        (text[i] == '.' && run == 1) || (text[i] == '_' && run <= 2) || text[i] == '-';
    if (!separator || !is_lower_alnum(text[end])) return false;
    i = end;
  }
  return true;
}

bool is_port(std::string_view text) {
  const auto port = parse_uint(text);
  return port && *port > 0 && *port <= 65535;
}

bool is_domain_name(std::string_view host) {
  for (const std::string& label : split(host, '.')) {
    if (label.empty() || !is_alnum(label.front()) || !is_alnum(label.back())) return false;
    if (!std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; })) return false;
  }
  return true;
}

/// host[:port]; an IPv6 address in brackets.
bool is_registry(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
      return false;
    const std::string_view rest = text.substr(end + 1);
    return rest.empty() || (rest[0] == ':' && is_port(rest.substr(1)));
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) return false;
  return is_domain_name(text.substr(0, colon));
}

bool is_tag(std::string_view text) {
  if (text.empty() || text.size() > kMaxTag) return false;
  const auto is_word = [](char c) { return is_alnum(c) || c == '_'; };
  return is_word(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '.' || c == '-'; });
}

/// Whether the part before the first '/' is a registry and not the first part of a repository.
bool looks_like_registry(std::string_view part) {
  return part == "localhost" || part.find_first_of(".:[") != std::string_view::npos ||
         std::ranges::any_of(part, [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// "sha256:" and 64 hexadecimal digits, or these alone: docker takes that for an image's ID.
bool is_image_id(std::string_view text) {
  return Digest::try_parse(text) || Digest::try_parse("sha256:" + std::string(text));
}

/// All of it but the tag in lower case: a tag may have capitals.
std::string lower_but_tag(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('@'));
  const std::size_t slash = name.rfind('/');
  const std::size_t colon = name.find(':', slash == name.npos ? 0 : slash);
  if (colon == name.npos) return to_lower(text);
  return to_lower(name.substr(0, colon)) + std::string(name.substr(colon)) +
         to_lower(text.substr(name.size()));
}

/// The likely mistake in a name that does not parse.
std::string advice_for(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    const std::string_view rest = text.substr(scheme + 3);
    if (Reference::try_parse(rest))
      return fmt::format("an image name is not a URL: did you mean {}?", printable(rest));
  }
  const auto at = text.find('@');
  if (at != std::string_view::npos && !Digest::try_parse(text.substr(at + 1)))
    return "want @sha256: and 64 hexadecimal digits";
  if (text.ends_with(':')) return "the tag is missing";
  return "want [REGISTRY/]NAME[:TAG][@DIGEST]";
}

}  // namespace

std::optional<Reference> Reference::try_parse(std::string_view text) {
  if (is_image_id(text)) return std::nullopt;
  Reference reference;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = Digest::try_parse(rest.substr(at + 1));
    if (!reference.digest) return std::nullopt;
    rest = rest.substr(0, at);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && looks_like_registry(rest.substr(0, slash))) {
    reference.registry = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    if (!is_registry(reference.registry)) return std::nullopt;
  } else {
    reference.registry = kDefaultRegistry;
  }
  if (reference.registry == "index.docker.io") reference.registry = kDefaultRegistry;
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    if (!is_tag(reference.tag)) return std::nullopt;
    rest = rest.substr(0, colon);
  } else if (!reference.digest) {
    reference.tag = "latest";
  }
  const std::vector<std::string> components = split(rest, '/');
  if (!std::ranges::all_of(components, is_path_component)) return std::nullopt;
  reference.repository = rest;
  if (reference.registry == kDefaultRegistry && components.size() == 1) {
    reference.repository.insert(0, "library/");
  }
  if (reference.repository.size() > kMaxName) return std::nullopt;
  return reference;
}

Reference Reference::parse(std::string_view text) {
  if (auto reference = try_parse(text)) return *reference;
  const std::string shown = printable(text.substr(0, 300));
  if (is_image_id(text)) {
    throw Error(ErrorKind::usage,
                "'{}' is an image ID, but a name is needed here (to name an image of the store: "
                "cbuild tag {} NAME)",
                shown, shown.substr(shown.find(':') + 1, 12));
  }
  // The first words are docker's.
  if (const std::string lower = lower_but_tag(text); try_parse(lower)) {
    throw Error(ErrorKind::usage,
                "invalid reference format: repository name ({}) must be lowercase (did you mean "
                "{}?)",
                shown, printable(lower.substr(0, 300)));
  }
  throw Error(ErrorKind::usage, "invalid reference format: '{}' is not an image name ({})", shown,
              advice_for(text));
}

std::string Reference::to_string() const {
  std::string text = name();
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->to_string();
  return text;
}

std::string Reference::familiar() const {
  std::string text = to_string();
  constexpr std::string_view kLibrary = "docker.io/library/";
  constexpr std::string_view kHub = "docker.io/";
  // "docker.io/library/team/app" is not "team/app".
  const bool official = text.starts_with(kLibrary) && repository.find('/') == repository.rfind('/');
  if (official) return text.substr(kLibrary.size());
  // "docker.io/ghcr.io/app" is not "ghcr.io/app".
  const std::string_view first_part = std::string_view(repository).substr(0, repository.find('/'));
  if (text.starts_with(kHub) && !looks_like_registry(first_part)) return text.substr(kHub.size());
  return text;
}

}  // namespace cbuild::oci
