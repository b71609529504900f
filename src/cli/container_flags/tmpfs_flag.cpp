// Parses --tmpfs; see tmpfs_flag.h.
#include "src/cli/container_flags/tmpfs_flag.h"

#include <algorithm>
#include <limits>

#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/container_flags/flag_words.h"
#include "src/cli/container_flags/mount_parts.h"
#include "src/cli/memory_size.h"

namespace cbuild::cli {

namespace {

const std::vector<std::string>& known_flags() {
  static const std::vector<std::string> kFlags = {
      "exec",        "noexec",        "suid",     "nosuid",     "dev",      "nodev",
      "atime",       "noatime",       "diratime", "nodiratime", "relatime", "norelatime",
      "strictatime", "nostrictatime", "sync",     "async",      "dirsync"};
  return kFlags;
}

[[noreturn]] void refuse_option(const std::string& word) {
  std::vector<std::string> known = {"size=SIZE", "mode=MODE", "uid=UID", "gid=GID", "ro", "rw"};
  known.insert(known.end(), known_flags().begin(), known_flags().end());
  throw Error(ErrorKind::usage, "invalid tmpfs option '{}'", printable(word))
      .with_hint("known options: " + join(known, ", "));
}

std::uint32_t parse_id(const std::string& key, const std::string& text) {
  const auto number = parse_uint(text);
  // The last one is (uid_t)-1: no id.
  if (number && *number < std::numeric_limits<std::uint32_t>::max()) {
    return static_cast<std::uint32_t>(*number);
  }
  throw Error(ErrorKind::usage, "invalid value for {}: {} (want a number)", key, printable(text));
}

void apply_value(const std::string& key, const std::string& value, MountRequest& request) {
  if (key == "size") {
    request.size = parse_memory(key, value);
  } else if (key == "mode") {
    request.mode = mount_mode(key, value);
  } else if (key == "uid") {
    request.uid = parse_id(key, value);
  } else if (key == "gid") {
    request.gid = parse_id(key, value);
  } else {
    refuse_option(key);
  }
}

void apply(const std::string& word, MountRequest& request) {
  const auto [key, value] = cut(word, '=');
  if (value) {
    apply_value(key, *value, request);
  } else if (word == "ro" || word == "rw") {
    request.read_only = word == "ro";
  } else if (std::ranges::find(known_flags(), word) != known_flags().end()) {
    request.flags.push_back(word);
  } else {
    refuse_option(word);
  }
}

}  // namespace

MountRequest parse_tmpfs_flag(const std::string& text) {
  return with_context(fmt::format("--tmpfs '{}'", printable(text)), [&] {
    const auto [target, options] = cut(text, ':');
    MountRequest request;
    request.type = MountRequest::Type::tmpfs;
    request.target = mount_target(target);
    if (!options.value_or("").empty()) {
      for (const std::string& word : split(*options, ','))
        apply(word, request);
    }
    return request;
  });
}

}  // namespace cbuild::cli
