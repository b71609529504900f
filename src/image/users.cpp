// passwd(5) and group(5) of an image; see users.h.
#include "cbuild/image/users.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "cbuild/layer/root_tree.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"

namespace cbuild::image {

namespace {

constexpr std::uint64_t kMaxDatabase = 4 << 20;
constexpr std::uint64_t kMaxId = 0xFFFFFFFE;  // (uid_t)-1 means "leave as it is" to chown(2)

/// Looked at before it is opened: a device must not notice, a FIFO must not stop the build.
std::string read_database(const layer::RootTree& root, const char* path) {
  const auto found = root.try_open(path, O_PATH);

  struct stat status {};

  if (!found || ::fstat(found->get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  FdSource source(open_file(fd_path(found->get()), O_RDONLY), path);
  return with_context(path, [&] { return read_all(source, kMaxDatabase); });
}

std::optional<std::uint32_t> as_id(std::string_view text) {
  const auto value = parse_uint(text);
  if (!value || *value > kMaxId) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

bool looks_numeric(std::string_view text) {
  return !text.empty() && text.find_first_not_of("-+0123456789") == std::string_view::npos;
}

/// Calls `visit` with the fields of each line until it returns true.
template <typename Visit>
void each_line(std::string_view content, std::size_t fields_wanted, Visit&& visit) {
  for (const std::string& line : split(content, '\n')) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() >= fields_wanted && !line.starts_with('#') && visit(fields)) return;
  }
}

struct PasswdLine {
  std::string name;
  Ids ids;
  std::string home;
};

template <typename Wanted>
std::optional<PasswdLine> find_passwd(const UserDatabase& database, Wanted&& wanted) {
  std::optional<PasswdLine> found;
  each_line(database.passwd, 6, [&](const std::vector<std::string>& fields) {
    const auto uid = as_id(fields[2]);
    const auto gid = as_id(fields[3]);
    if (!uid || !gid || !wanted(fields[0], *uid)) return false;
    found = PasswdLine{fields[0], {*uid, *gid}, fields[5]};
    return true;
  });
  return found;
}

std::optional<std::uint32_t> find_group(const UserDatabase& database, std::string_view name) {
  std::optional<std::uint32_t> found;
  each_line(database.group, 3, [&](const std::vector<std::string>& fields) {
    if (fields[0] == name) found = as_id(fields[2]);
    return found.has_value();
  });
  return found;
}

std::vector<std::uint32_t> groups_with_member(const UserDatabase& database,
                                              const std::string& user) {
  std::vector<std::uint32_t> groups;
  each_line(database.group, 4, [&](const std::vector<std::string>& fields) {
    for (const std::string& member : split(fields[3], ',')) {
      const auto gid = as_id(fields[2]);
      if (member == user && gid) groups.push_back(*gid);
    }
    return false;
  });
  return groups;
}

/// The first words are BuildKit's.
[[noreturn]] void refuse(std::string_view kind,
                         std::string_view text,
                         const UserDatabase& database) {
  if (looks_numeric(text)) {
    throw Error(ErrorKind::build, "{} '{}' is out of range (0 to {})", kind, printable(text),
                kMaxId);
  }
  const bool is_user = kind == "user";
  const std::string& lines = is_user ? database.passwd : database.group;
  std::vector<std::string> names;
  each_line(lines, 3, [&](const std::vector<std::string>& fields) {
    names.push_back(fields[0]);
    return false;
  });
  const auto near = nearest(text, names);
  Error error(ErrorKind::build,
              "unable to find {} {}: no matching entries in {} file of the image{}", kind,
              printable(text), is_user ? "passwd" : "group",
              near ? fmt::format(" (did you mean {}?)", printable(*near)) : "");
  if (names.empty()) {
    error.with_hint(fmt::format("the image defines no {}s: write a number", kind));
  } else if (!near) {
    error.with_hint(fmt::format("create it in an earlier RUN with {}, or write a number",
                                is_user ? "useradd or adduser" : "groupadd or addgroup"));
  }
  throw error;
}

std::uint32_t group_id(std::string_view text, const UserDatabase& database) {
  if (const auto id = as_id(text)) return *id;
  if (looks_numeric(text)) refuse("group", text, database);
  if (const auto id = find_group(database, text)) return *id;
  refuse("group", text, database);
}

struct Parts {
  std::string_view user;
  std::optional<std::string_view> group;
};

Parts split_user(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

UserDatabase read_user_database(const layer::RootTree& root) {
  UserDatabase database;
  for (auto& [path, content] : {std::pair<const char*, std::string&>{"etc/passwd", database.passwd},
                                {"etc/group", database.group}}) {
    content = read_database(root, path);
    database.in_place = database.in_place && root.resolve(path) == std::string("/") + path;
  }
  return database;
}

Identity identity_of(std::string_view user, const UserDatabase& database) {
  const Parts parts = split_user(user);
  const std::string_view name = parts.user.empty() ? "0" : parts.user;
  Identity identity;
  std::optional<PasswdLine> line;
  if (const auto uid = as_id(name)) {
    line = find_passwd(database,
                       [&](const std::string&, std::uint32_t other) { return other == *uid; });
    identity.ids = {*uid, line ? line->ids.gid : 0};
  } else {
    if (looks_numeric(name)) refuse("user", name, database);
    line = find_passwd(database,
                       [&](const std::string& other, std::uint32_t) { return other == name; });
    if (!line) refuse("user", name, database);
    identity.ids = line->ids;
  }
  if (line && !line->home.empty()) identity.home = line->home;
  if (parts.group && !parts.group->empty()) {
    identity.ids.gid = group_id(*parts.group, database);
  } else if (line) {
    identity.groups = groups_with_member(database, line->name);
  }
  // The primary group is supplementary, too: a process that drops it with setgid(2) must not gain
  // access to files whose mode denies that group (CVE-2022-36109).
  if (std::ranges::find(identity.groups, identity.ids.gid) == identity.groups.end()) {
    identity.groups.insert(identity.groups.begin(), identity.ids.gid);
  }
  return identity;
}

Ids owner_of(std::string_view text, const UserDatabase& database) {
  if (text.empty()) return {};
  const Parts parts = split_user(text);
  Ids ids;
  if (parts.user.empty()) {
    ids.uid = 0;
  } else if (const auto uid = as_id(parts.user)) {
    ids = {*uid, *uid};
  } else {
    if (looks_numeric(parts.user)) refuse("user", parts.user, database);
    const auto line = find_passwd(
        database, [&](const std::string& name, std::uint32_t) { return name == parts.user; });
    if (!line) refuse("user", parts.user, database);
    ids = line->ids;
  }
  if (parts.group) ids.gid = parts.group->empty() ? 0 : group_id(*parts.group, database);
  return ids;
}

}  // namespace cbuild::image
