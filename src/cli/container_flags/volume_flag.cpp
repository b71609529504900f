// Parses -v; see volume_flag.h.
#include "src/cli/container_flags/volume_flag.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/caller_paths.h"
#include "src/cli/container_flags/mount_parts.h"

namespace cbuild::cli {

namespace {

/// The kinds of options, of which each may be given once.
enum class Kind { access, label, owner, copy, consistency, propagation };

std::optional<Kind> kind_of(std::string_view word) {
  if (word == "ro" || word == "rw") return Kind::access;
  if (word == "z" || word == "Z") return Kind::label;
  if (word == "U") return Kind::owner;
  if (word == "nocopy") return Kind::copy;
  if (word == "cached" || word == "delegated" || word == "consistent") return Kind::consistency;
  if (propagation_of(word)) return Kind::propagation;
  return std::nullopt;
}

[[noreturn]] void refuse_mode(std::string_view mode, std::string_view why) {
  throw Error(ErrorKind::usage, "invalid mode: {}{}", printable(mode), why)
      .with_hint(
          "options of -v: ro, rw, z, Z, U, nocopy, cached, delegated, consistent, rprivate, "
          "private, rslave, slave, rshared, shared");
}

bool is_mode(std::string_view text) {
  for (const std::string& word : split(text, ',')) {
    if (!kind_of(word)) return false;
  }
  return true;
}

void apply(const std::string& word, Kind kind, MountRequest& request) {
  switch (kind) {
    case Kind::access:
      request.read_only = word == "ro";
      break;
    case Kind::owner:
      request.change_owner = true;
      break;
    case Kind::copy:
      request.copy_up = false;
      break;
    case Kind::propagation:
      request.propagation = *propagation_of(word);
      break;
    case Kind::label:
    case Kind::consistency:
      request.without_effect.push_back(word);
      break;
  }
}

void apply_mode(const std::string& mode, MountRequest& request) {
  std::set<Kind> seen;
  for (const std::string& word : split(mode, ',')) {
    const auto kind = kind_of(word);
    if (!kind) refuse_mode(mode, "");
    if (!seen.insert(*kind).second) {
      refuse_mode(mode, fmt::format(" ('{}' is given twice, or contradicts another)", word));
    }
    const bool bind = request.type == MountRequest::Type::bind;
    if (bind && *kind == Kind::copy) refuse_mode(mode, " (nocopy is for volumes only)");
    if (!bind && *kind == Kind::propagation) {
      refuse_mode(mode, fmt::format(" ({} is for directories of this machine only)", word));
    }
    apply(word, *kind, request);
  }
}

void apply_source(const std::string& source, const CallerPaths& caller, MountRequest& request) {
  if (is_host_path(source)) {
    request.type = MountRequest::Type::bind;
    request.source = host_path(source, caller);
    request.create_source = true;
  } else {
    request.source = volume_name(source);
  }
}

void check_parts(const std::string& text, const std::vector<std::string>& parts) {
  constexpr const char* kHint = "want [SOURCE:]TARGET[:OPTIONS]; a path with a colon needs --mount";
  const bool empty = std::ranges::find(parts, std::string()) != parts.end();
  std::string why;
  if (text.empty()) {
    why = "invalid empty volume spec";
  } else if (empty || parts.size() > 3) {
    why = fmt::format("invalid spec: {}: {}", printable(text),
                      empty ? "empty section between colons" : "too many colons");
  } else if (parts.size() == 2 && is_mode(parts[1])) {
    why = fmt::format("invalid volume specification: '{}'", printable(text));
  }
  if (!why.empty()) throw Error(ErrorKind::usage, "{}", why).with_hint(kHint);
}

}  // namespace

MountRequest parse_volume_flag(const std::string& text, const CallerPaths& caller) {
  return with_context(fmt::format("-v '{}'", printable(text)), [&] {
    const std::vector<std::string> parts = split(text, ':');
    MountRequest request;
    check_parts(text, parts);
    if (parts.size() > 1) apply_source(parts[0], caller, request);
    request.target = mount_target(parts.size() > 1 ? parts[1] : parts[0]);
    if (parts.size() == 3) apply_mode(parts[2], request);
    return request;
  });
}

}  // namespace cbuild::cli
