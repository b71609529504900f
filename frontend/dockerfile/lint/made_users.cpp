// Finds users and groups that steps create; see made_users.h.
#include "frontend/dockerfile/lint/made_users.h"

#include <algorithm>
#include <array>

#include "cbuild/util/text.h"
#include "frontend/dockerfile/lint/run_script.h"

namespace cbuild::frontend {

namespace {

/// A package often brings a user of its name.
constexpr auto kMakers = std::to_array<std::string_view>(
    {"useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod", "newusers", "apt-get",
     "apt", "apk", "dnf", "yum", "microdnf", "zypper"});

bool is_number(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

/// "app" of "app:x:1000:1000::/home/app:/bin/sh", a line of /etc/passwd or /etc/group.
std::string_view name_of_entry(std::string_view word) {
  const auto colon = word.find(":x:");
  return colon == word.npos ? std::string_view() : word.substr(0, colon);
}

}  // namespace

void MadeUsers::add(std::span<const ScriptCommand> commands, int line) {
  for (const ScriptCommand& command : commands) {
    const bool makes = std::ranges::find(kMakers, program_of(command.words)) != kMakers.end();
    for (const std::string& word : command.words) {
      const std::string_view name = makes ? std::string_view(word) : name_of_entry(word);
      if (!name.empty()) lines_.try_emplace(std::string(name), line);
    }
  }
}

std::string MadeUsers::made_after(const std::string& owner, int line) const {
  for (const std::string& name : split(owner, ':')) {
    if (name.empty() || is_number(name)) continue;
    const auto made = lines_.find(name);
    if (made != lines_.end() && made->second > line) return name;
  }
  return {};
}

}  // namespace cbuild::frontend
