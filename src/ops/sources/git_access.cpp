// Configuration, headers and ssh of git; see git_access.h.
#include "src/ops/sources/git_access.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "cbuild/ops/run_settings.h"
#include "cbuild/registry/redirect.h"
#include "cbuild/registry/registry.h"
#include "cbuild/util/base64.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"
#include "src/ops/ssh_agents.h"

namespace cbuild::ops {

namespace {

constexpr const char* kAgent = "default";
constexpr const char* kNoHome = "/nonexistent";
constexpr std::string_view kQuestion = "/info/refs?service=git-upload-pack";
constexpr std::size_t kMaxRedirects = 10;

std::string config_value(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// An option of ssh, quoted for a shell command; empty when that is impossible.
std::string ssh_option(const std::string& name, const std::vector<std::string>& paths) {
  std::string option = " -o '" + name + "=";
  for (const std::string& path : paths) {
    if (path.find_first_of("'\"\n") != std::string::npos) return {};
    option += (&path == &paths.front() ? "\"" : " \"") + path + "\"";
  }
  return option + "'";
}

/// URLs that git could not read because their servers redirect.
std::vector<std::string> redirected_urls(const std::string& words) {
  constexpr std::string_view kBegin = "fatal: unable to access '";
  constexpr std::string_view kEnd = "': The requested URL returned error: 3";
  std::vector<std::string> urls;
  for (const std::string& line : split(words, '\n')) {
    const auto end = line.find(kEnd);
    if (!line.starts_with(kBegin) || end == std::string::npos) continue;
    std::string url = line.substr(kBegin.size(), end - kBegin.size());
    while (url.ends_with('/'))
      url.pop_back();
    urls.push_back(std::move(url));
  }
  return urls;
}

std::string ssh_directory() {
  const char* home = ::secure_getenv("HOME");
  return (home != nullptr ? home : kNoHome) + std::string("/.ssh/");
}

/// Inside the user namespace ssh sees user 0 and looks in root's home: the files of the caller are
/// named to it.
std::string ssh_files_of_caller() {
  const std::string directory = ssh_directory();
  const auto is_there = [](const std::string& path) {
    return path.find('\'') == std::string::npos && ::access(path.c_str(), R_OK) == 0;
  };
  std::string options;
  if (is_there(directory + "config")) options += " -F '" + directory + "config'";
  for (const char* key : {"id_ed25519", "id_ecdsa", "id_rsa"}) {
    if (is_there(directory + key)) options += ssh_option("IdentityFile", {directory + key});
  }
  return options;
}

}  // namespace

GitAccess::GitAccess(const std::string& url, const GitMeans& means) : means_(means), url_(url) {
  if (!is_http_url(url)) return;
  const UrlParts parts = UrlParts::cut(url);
  if (parts.user) user_ = percent_decode(*parts.user);
  url_ = without_user(url);
  origin_ = fmt::format("{}://{}/", parts.scheme, parts.authority);
}

std::string_view GitAccess::key() const {
  if (means_.access.as_caller) return "of the caller";
  const bool open = origin_.empty() ? !means_.access.lent.ssh.contains(kAgent) : !authorization();
  return open ? "" : "lent";
}

bool GitAccess::is_caller(GitReach reach) const {
  return means_.access.as_caller && reach == GitReach::network && !elsewhere_;
}

std::optional<std::string> GitAccess::authorization() const {
  if (origin_.empty()) return std::nullopt;
  if (user_) return "basic " + base64_encode(*user_);
  const auto& secrets = means_.access.lent.secrets;
  for (const std::string& suffix :
       {"." + std::string(UrlParts::cut(origin_).authority), std::string()}) {
    if (const auto header = secrets.find("GIT_AUTH_HEADER" + suffix); header != secrets.end()) {
      return std::string(trim(header->second));
    }
    if (const auto token = secrets.find("GIT_AUTH_TOKEN" + suffix); token != secrets.end()) {
      return "basic " + base64_encode("x-access-token:" + std::string(trim(token->second)));
    }
  }
  return std::nullopt;
}

std::string GitAccess::configuration(GitReach reach) const {
  // emptyAuth: libcurl would show the caller's Kerberos ticket to every server that asks for one.
  std::string text =
      "[core]\n\thooksPath = /dev/null\n\tattributesFile = /dev/null\n\texcludesFile = /dev/null\n"
      "\tfsmonitor = false\n\tautocrlf = false\n\tlogAllRefUpdates = false\n"
      "[init]\n\ttemplateDir =\n\tdefaultBranch = main\n"
      "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n"
      "[protocol]\n\tversion = 2\n[safe]\n\tdirectory = *\n"
      "[http]\n\tlowSpeedLimit = 1024\n\tlowSpeedTime = 50\n"
      "\tfollowRedirects = false\n\temptyAuth = false\n"
      "[fetch]\n\tfsckObjects = false\n[submodule]\n\trecurse = false\n";
  if (reach == GitReach::local) return text;
  for (const auto& [from, to] : moved_)
    text += fmt::format("[url {}]\n\tinsteadOf = {}\n", config_value(to), config_value(from));
  if (const auto header = authorization(); header && !elsewhere_) {
    text += fmt::format("[http {}]\n\textraHeader = {}\n", config_value(origin_),
                        config_value("Authorization: " + *header));
  }
  return text;
}

std::vector<std::string> GitAccess::environment(GitReach reach,
                                                const std::string& configuration_file) const {
  const char* home = is_caller(reach) ? ::secure_getenv("HOME") : nullptr;  // for its .netrc
  std::vector<std::string> result = {
      "LC_ALL=C",
      std::string("HOME=") + (home != nullptr ? home : kNoHome),
      "GIT_CONFIG_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=" + configuration_file,
      "GIT_TERMINAL_PROMPT=0",
      "GIT_ASKPASS=/bin/false",
      "SSH_ASKPASS_REQUIRE=never",
      "GIT_NO_REPLACE_OBJECTS=1",
      std::string("GIT_ALLOW_PROTOCOL=") +
          (reach == GitReach::local ? "file" : "http:https:ssh:git"),
  };
  constexpr std::array kPassed = {"PATH",          "http_proxy",   "https_proxy",   "no_proxy",
                                  "all_proxy",     "HTTPS_PROXY",  "NO_PROXY",      "ALL_PROXY",
                                  "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"};
  for (const char* name : kPassed) {
    if (const char* value = ::secure_getenv(name))
      result.push_back(fmt::format("{}={}", name, value));
  }
  if (reach == GitReach::local) return result;
  if (const Fd* agent = means_.agents.find(kAgent)) {
    result.push_back(fmt::format("SSH_AUTH_SOCK=/proc/{}/fd/{}", ::getpid(), agent->get()));
  } else if (const char* socket = is_caller(reach) ? ::secure_getenv("SSH_AUTH_SOCK") : nullptr) {
    result.push_back(fmt::format("SSH_AUTH_SOCK={}", socket));
  }
  result.push_back("GIT_SSH_COMMAND=" + ssh_command(reach));
  return result;
}

/// A lent agent is used alone, as in BuildKit.
std::string GitAccess::ssh_command(GitReach reach) const {
  std::string command =
      "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=30"
      " -o ServerAliveInterval=15 -o ServerAliveCountMax=3";
  // ssh records new hosts in the first of the files: /dev/null.
  command += ssh_option("UserKnownHostsFile", {"/dev/null", ssh_directory() + "known_hosts"});
  if (is_caller(reach) && !means_.access.lent.ssh.contains(kAgent)) {
    return command + ssh_files_of_caller();
  }
  return command + " -F /dev/null -o IdentityFile=none";
}

bool GitAccess::follow_redirect(const std::string& words, GitReach reach) {
  if (reach == GitReach::local) return false;
  bool found = false;
  for (const std::string& from : redirected_urls(words)) {
    if (moved_.contains(from) || moved_.size() >= kMaxRedirects) continue;
    const auto place = new_place(from);
    if (!place) continue;
    // git rewrites a URL once: what led here leads there.
    for (auto& [earlier, to] : moved_) {
      if (to == from) to = place->url;
    }
    moved_[from] = place->url;
    if (reach == GitReach::network && !place->same_origin) elsewhere_ = true;
    found = true;
  }
  return found;
}

void GitAccess::announce(const std::string& text) const {
  means_.http.announce(text);
}

std::optional<registry::Redirect> GitAccess::new_place(const std::string& url) const {
  const bool ours = !elsewhere_ && !origin_.empty() && url.starts_with(origin_);
  try {
    auto place =
        means_.http.redirect(url + std::string(kQuestion), ours ? authorization() : std::nullopt);
    if (!place || !place->url.ends_with(kQuestion)) return std::nullopt;
    place->url.resize(place->url.size() - kQuestion.size());
    return place;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {  // git has said why it failed
    log_debug("{}", error.what());
    return std::nullopt;
  }
}

}  // namespace cbuild::ops
