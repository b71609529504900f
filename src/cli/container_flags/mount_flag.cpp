// Parses --mount; see mount_flag.h.
#include "src/cli/container_flags/mount_flag.h"

#include <algorithm>
#include <array>
#include <vector>

#include "cbuild/util/csv.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/caller_paths.h"
#include "src/cli/container_flags/flag_words.h"
#include "src/cli/container_flags/mount_parts.h"
#include "src/cli/memory_size.h"

namespace cbuild::cli {

namespace {

using Type = MountRequest::Type;

/// What is being read: the request, and the keys that are for one type only.
struct Draft {
  MountRequest request;
  std::string type = "volume";
  std::vector<std::string> typed_keys;  ///< "volume-nocopy", …
};

struct Field {
  std::string key;  ///< lower case
  std::string value;
};

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> kKeys = {"type",
                                                 "source",
                                                 "src",
                                                 "target",
                                                 "destination",
                                                 "dst",
                                                 "readonly",
                                                 "ro",
                                                 "consistency",
                                                 "bind-propagation",
                                                 "bind-recursive",
                                                 "bind-create-src",
                                                 "volume-subpath",
                                                 "volume-nocopy",
                                                 "volume-label",
                                                 "volume-driver",
                                                 "volume-opt",
                                                 "image-subpath",
                                                 "tmpfs-size",
                                                 "tmpfs-mode"};
  return kKeys;
}

Type type_of(std::string_view word) {
  if (word == "bind") return Type::bind;
  if (word == "volume") return Type::volume;
  if (word == "tmpfs") return Type::tmpfs;
  if (word == "image") return Type::image;
  if (word.empty()) throw Error(ErrorKind::usage, "type is required");
  throw Error(ErrorKind::usage,
              "invalid mount config for type \"{}\": mount type unknown (want bind, volume, tmpfs "
              "or image)",
              printable(word));
}

/// Gives a key that stands alone its value. @throws Error(usage) for one that cannot
std::string value_alone(const std::string& key, const std::string& text) {
  const bool truth = key == "readonly" || key == "ro" || key == "volume-nocopy" ||
                     key == "bind-create-src" || key == "bind-nonrecursive";
  if (truth) return "true";
  throw Error(ErrorKind::usage, "invalid field '{}' must be a key=value pair", printable(text));
}

Field read_field(const std::string& text) {
  auto [key, value] = cut(text, '=');
  key = to_lower(key);
  if (!value) value = value_alone(key, text);
  return {key, *value};
}

void add_pair(std::map<std::string, std::string>& pairs, const std::string& text) {
  const auto [key, value] = cut(text, '=');
  if (!key.empty()) pairs[key] = value.value_or("");
}

/// Keys of every type.
bool take_general(const Field& field, Draft& draft) {
  MountRequest& request = draft.request;
  const auto& [key, value] = field;
  if (key == "type") {
    draft.type = to_lower(value);
  } else if (key == "source" || key == "src") {
    request.source = value;
  } else if (key == "target" || key == "destination" || key == "dst") {
    request.target = mount_target(value);
  } else if (key == "readonly" || key == "ro") {
    request.read_only = bool_of(key, value);
  } else if (key == "consistency") {
    request.without_effect.push_back(field.key + "=" + value);
  } else {
    return false;
  }
  return true;
}

MountRequest::Recursion recursion_of(const Field& field) {
  using Recursion = MountRequest::Recursion;
  if (field.value == "enabled") return Recursion::enabled;
  if (field.value == "disabled") return Recursion::disabled;
  if (field.value == "writable") return Recursion::writable;
  if (field.value == "readonly") return Recursion::readonly;
  throw Error(
      ErrorKind::usage,
      R"(invalid value for {}: {} (must be "enabled", "disabled", "writable", or "readonly"))",
      field.key, printable(field.value));
}

bool take_bind(const Field& field, MountRequest& request) {
  const auto& [key, value] = field;
  if (key == "bind-propagation") {
    const auto propagation = propagation_of(to_lower(value));
    if (!propagation) {
      throw Error(ErrorKind::usage,
                  "invalid propagation mode: {} (want rprivate, private, rslave, slave, rshared or "
                  "shared)",
                  printable(value));
    }
    request.propagation = *propagation;
  } else if (key == "bind-recursive") {
    request.recursion = recursion_of(field);
  } else if (key == "bind-nonrecursive") {  // of older scripts
    if (bool_of(key, value)) request.recursion = MountRequest::Recursion::disabled;
  } else if (key == "bind-create-src") {
    request.create_source = bool_of(key, value);
  } else {
    return false;
  }
  return true;
}

bool take_volume(const Field& field, MountRequest& request) {
  const auto& [key, value] = field;
  if (key == "volume-subpath") {
    request.subpath = value;
  } else if (key == "volume-nocopy") {
    request.copy_up = !bool_of(key, value);
  } else if (key == "volume-label") {
    add_pair(request.labels, value);
  } else if (key == "volume-driver") {
    request.driver = value;
  } else if (key == "volume-opt") {
    add_pair(request.driver_options, value);
  } else {
    return false;
  }
  return true;
}

bool take_other(const Field& field, MountRequest& request) {
  const auto& [key, value] = field;
  if (key == "image-subpath") {
    request.subpath = value;
  } else if (key == "tmpfs-size") {
    request.size = parse_memory(key, value);
  } else if (key == "tmpfs-mode") {
    request.mode = mount_mode(key, value);
  } else {
    return false;
  }
  return true;
}

void take(const std::string& text, Draft& draft) {
  const Field field = read_field(text);
  if (take_general(field, draft)) return;
  if (take_bind(field, draft.request) || take_volume(field, draft.request) ||
      take_other(field, draft.request)) {
    draft.typed_keys.push_back(field.key);
    return;
  }
  const auto suggestion = nearest(field.key, known_keys());
  throw Error(ErrorKind::usage, "unexpected key '{}' in '{}'{}", printable(field.key),
              printable(text), suggestion ? fmt::format(" (did you mean {}?)", *suggestion) : "")
      .with_hint("known keys: " + join(known_keys(), ", "));
}

void check_typed_keys(const Draft& draft) {
  for (const std::string& key : draft.typed_keys) {
    if (key.starts_with(draft.type + "-")) continue;
    throw Error(ErrorKind::usage, "cannot mix '{}-*' options with mount type '{}'",
                key.substr(0, key.find('-')), draft.type)
        .with_hint(
            fmt::format("leave {} out, or write type={}", key, key.substr(0, key.find('-'))));
  }
}

void check_recursion(const MountRequest& request) {
  using Recursion = MountRequest::Recursion;
  const bool read_only = request.recursion == Recursion::readonly;
  if ((read_only || request.recursion == Recursion::writable) && !request.read_only) {
    throw Error(ErrorKind::usage,
                "option 'bind-recursive={}' requires 'readonly' to be specified in conjunction",
                read_only ? "readonly" : "writable");
  }
  if (read_only && request.propagation != MountRequest::Propagation::rprivate) {
    throw Error(ErrorKind::usage,
                "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be "
                "specified in conjunction");
  }
}

[[noreturn]] void refuse_config(const std::string& type, std::string_view why, std::string hint) {
  throw Error(ErrorKind::usage, "invalid mount config for type \"{}\": {}", type, why)
      .with_hint(std::move(hint));
}

void check_bind_source(MountRequest& request, const CallerPaths& caller) {
  if (request.source.empty()) {
    refuse_config("bind", "field Source must not be empty", "add source=PATH");
  }
  if (!is_host_path(request.source)) {
    refuse_config("bind",
                  fmt::format("invalid mount path: '{}' mount path must be absolute",
                              printable(request.source)),
                  fmt::format("for a directory of this machine write source=./{0}, for a volume "
                              "type=volume",
                              printable(request.source)));
  }
  request.source = host_path(request.source, caller);
}

/// A path below the root of a volume or image, without a way out of it.
void check_subpath(const MountRequest& request) {
  const std::vector<std::string> parts = split(request.subpath, '/');
  if (request.subpath.starts_with('/') || std::ranges::find(parts, "..") != parts.end()) {
    throw Error(ErrorKind::usage, "subpath must be a relative path within the volume: '{}'",
                printable(request.subpath));
  }
}

void check_source(MountRequest& request, const CallerPaths& caller) {
  switch (request.type) {
    case Type::bind:
      check_bind_source(request, caller);
      break;
    case Type::volume:
      if (!request.source.empty()) request.source = volume_name(request.source);
      if (request.source.empty() && !request.subpath.empty()) {
        refuse_config("volume", "must not set Subpath when using anonymous volumes",
                      "add source=NAME");
      }
      break;
    case Type::tmpfs:
      if (!request.source.empty()) {
        refuse_config("tmpfs", "field Source must not be specified", "leave source out");
      }
      break;
    case Type::image:
      if (request.source.empty()) {
        refuse_config("image", "field Source must not be empty", "add source=IMAGE");
      }
      break;
  }
  check_subpath(request);
}

}  // namespace

MountRequest parse_mount_flag(const std::string& text, const CallerPaths& caller) {
  return with_context(fmt::format("--mount '{}'", printable(text)), [&] {
    Draft draft;
    for (const CsvField& field : csv_fields(text))
      take(field.text, draft);
    draft.request.type = type_of(draft.type);
    if (draft.request.target.empty()) {
      throw Error(ErrorKind::usage, "target is required")
          .with_hint("add target=/path/in/container");
    }
    check_typed_keys(draft);
    check_recursion(draft.request);
    check_source(draft.request, caller);
    return draft.request;
  });
}

}  // namespace cbuild::cli
