// Reading the URLs of repositories; see remote.h.
#include "cbuild/graph/remote.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/util/error.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"

namespace cbuild::graph {

namespace {

constexpr std::string_view kNameLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

bool consists_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

/// "user@host:path", ssh without a scheme.
bool is_scp_form(std::string_view address) {
  const auto at = address.find('@');
  if (at == std::string_view::npos || !consists_of(address.substr(0, at), kNameLetters)) {
    return false;
  }
  const std::string_view rest = address.substr(at + 1);
  const auto colon = rest.find(':');
  return colon != std::string_view::npos && consists_of(rest.substr(0, colon), kNameLetters);
}

bool is_repository(const UrlParts& url) {
  const std::string scheme = to_lower(url.scheme);
  if (scheme == "git" || scheme == "ssh") return true;
  if (scheme == "http" || scheme == "https") return url.path.ends_with(".git");
  return scheme.empty() && is_scp_form(url.path);
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(ErrorKind::usage, "{}: {}", printable(without_credentials(text)), why);
}

void check_address(std::string_view text, const UrlParts& url) {
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; };
  if (std::ranges::any_of(url.address, is_odd)) refuse(text, "a URL cannot contain blanks");
  std::string_view user = url.user.value_or("");
  std::string_view host = url.authority;
  if (url.scheme.empty()) {
    const auto at = url.path.find('@');
    user = url.path.substr(0, at);
    host = url.path.substr(at + 1);
  }
  if (user.starts_with('-')) refuse(text, "a user name cannot begin with '-'");
  if (host.empty()) refuse(text, "the host is missing");
  if (host.starts_with('-')) refuse(text, "a host name cannot begin with '-'");
}

/// As git-check-ref-format(1), as far as it is dangerous or means something else.
void check_ref(std::string_view text, std::string_view ref) {
  const auto is_odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7F' ||
           std::string_view("~^:?*[\\").find(c) != std::string_view::npos;
  };
  if (ref.starts_with('-') || ref.find("..") != std::string_view::npos ||
      std::ranges::any_of(ref, is_odd)) {
    refuse(text, fmt::format("'{}' is not a branch, tag or commit", printable(ref)));
  }
}

bool read_bool(std::string_view text, std::string_view key, std::string_view value) {
  for (const std::string_view yes : {"", "1", "t", "T", "true", "True", "TRUE"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "False", "FALSE"}) {
    if (value == no) return false;
  }
  refuse(text, fmt::format("{}={} (want true or false)", key, printable(value)));
}

std::string subdirectory(std::string_view path) {
  return clean_path("/", path).substr(1);
}

void read_fragment(GitSource& source, std::string_view fragment) {
  const auto colon = fragment.find(':');
  source.ref = fragment.substr(0, colon);
  if (colon != std::string_view::npos) {
    source.subdirectory = subdirectory(fragment.substr(colon + 1));
  }
}

constexpr auto kFlags =
    std::to_array<std::string_view>({"submodules", "keep-git-dir", "fetch-by-commit"});

std::map<std::string, std::string> query_values(std::string_view text, std::string_view query) {
  std::map<std::string, std::string> values;
  for (const std::string& pair : split(query, '&')) {
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string key = pair.substr(0, equals);
    const std::string value =
        equals == std::string::npos ? "" : percent_decode(pair.substr(equals + 1));
    if (value.empty() && std::ranges::find(kFlags, key) == kFlags.end()) {
      refuse(text, fmt::format("'{}' has no value", printable(key)));
    }
    if (!values.emplace(key, value).second) {
      refuse(text, fmt::format("'{}' is given twice", printable(key)));
    }
  }
  return values;
}

/// A value that is given twice must be the same.
void set_same(std::string_view text,
              std::string_view what,
              std::string& field,
              const std::string& value) {
  if (!field.empty() && field != value) {
    refuse(text,
           fmt::format("the {} is both '{}' and '{}'", what, printable(field), printable(value)));
  }
  field = value;
}

std::string with_prefix(std::string_view prefix, const std::string& name) {
  return name.starts_with(prefix) ? name : std::string(prefix) + name;
}

std::string read_checksum(std::string_view text, const std::string& value) {
  std::string checksum = to_lower(value);
  if (!consists_of(checksum, "0123456789abcdef") || checksum.size() > 64) {
    refuse(text, fmt::format("'{}' is not the id of a commit (want hexadecimal digits)",
                             printable(value)));
  }
  return checksum;
}

void read_query(GitSource& source, std::string_view text, std::string_view query) {
  std::vector<std::string> refs;
  for (const auto& [key, value] : query_values(text, query)) {
    if (key == "ref") {
      refs.push_back(value);
    } else if (key == "branch") {
      refs.push_back(with_prefix("refs/heads/", value));
    } else if (key == "tag") {
      refs.push_back(with_prefix("refs/tags/", value));
    } else if (key == "checksum" || key == "commit") {
      set_same(text, "checksum", source.checksum, read_checksum(text, value));
    } else if (key == "subdir") {
      set_same(text, "subdirectory", source.subdirectory, subdirectory(value));
    } else if (key == "submodules") {
      source.submodules = read_bool(text, key, value);
    } else if (key == "keep-git-dir") {
      source.keep_git_directory = read_bool(text, key, value);
    } else if (key == "fetch-by-commit") {
      source.fetch_by_commit = read_bool(text, key, value);
    } else if (key == "mtime") {
      // Files have the time of the commit in any case.
      if (value == "commit" || value == "checkout") continue;
      refuse(text, fmt::format("mtime={} (want commit or checkout)", printable(value)));
    } else {
      refuse(text, fmt::format(
                       "'{}' is not a known key in the query of a git URL (want ref, branch, tag, "
                       "checksum, subdir, submodules, keep-git-dir, mtime or fetch-by-commit)",
                       printable(key)));
    }
  }
  for (const std::string& ref : refs)
    set_same(text, "ref", source.ref, ref);
  if (source.ref.empty()) source.ref = source.checksum;
  if (source.fetch_by_commit && source.checksum.size() < 40) {
    refuse(text, "fetch-by-commit needs a checksum with all digits of the commit");
  }
}

}  // namespace

std::optional<GitSource> parse_git_source(std::string_view text) {
  const UrlParts url = UrlParts::cut(text);
  if (!is_repository(url)) return std::nullopt;
  check_address(text, url);
  GitSource source;
  source.url = url.address;
  if (url.fragment) read_fragment(source, *url.fragment);
  if (url.query) read_query(source, text, *url.query);
  check_ref(text, source.ref);
  return source;
}

}  // namespace cbuild::graph
