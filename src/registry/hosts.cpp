// Schemes and certificates of registry hosts; see hosts.h.
#include "src/registry/hosts.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cbuild/registry/options.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "cbuild/util/text.h"
#include "src/registry/tls_files.h"

namespace cbuild::registry {

namespace {

std::string key_of(const Url& url) {
  return fmt::format("{}:{}", url.host, url.port);
}

/// "host" and "host:port": both are names of a directory of certificates, and of an insecure host.
std::vector<std::string> names_of(const Url& url) {
  std::vector<std::string> names{key_of(url)};
  if (url.port == 443 || url.port == 80) names.push_back(url.host);
  return names;
}

/// Adds what one HOST directory holds.
void load_directory(const std::string& path, bool own_certificate, TlsFiles& tls) {
  for (const DirectoryEntry& entry : list_directory(open_directory(path).get())) {
    const std::string file = path + "/" + entry.name;
    if (entry.name.ends_with(".crt")) {
      tls.authorities += read_file(file) + "\n";
    } else if (own_certificate && entry.name.ends_with(".cert") && tls.certificate.empty()) {
      const std::string key = file.substr(0, file.size() - 5) + ".key";
      if (!read_file_if_exists(key)) {
        throw Error("{}: the key of this certificate is missing", file)
            .with_hint("it should be " + key);
      }
      tls.certificate = file;
      tls.key = key;
    }
  }
}

bool is_directory(const std::string& path) {
  struct stat status {};

  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::string host_of_registry(std::string_view registry) {
  if (registry == "docker.io" || registry == "index.docker.io") return "registry-1.docker.io";
  return std::string(registry);
}

std::vector<std::string> certificate_directories(const std::string& extra) {
  std::vector<std::string> directories = {"/etc/docker/certs.d", "/etc/containers/certs.d"};
  const char* home = ::secure_getenv("HOME");
  if (home != nullptr && *home != '\0') {
    directories.push_back(std::string(home) + "/.config/containers/certs.d");
  }
  if (!extra.empty()) directories.push_back(extra);
  return directories;
}

Hosts::Hosts(const Options& options)
    : insecure_(options.insecure),
      directories_(certificate_directories(options.certificate_directory)),
      ca_files_(options.ca_files) {}

Url Hosts::base(const std::string& registry) const {
  auto url = Url::try_parse("https://" + host_of_registry(registry) + "/");
  if (!url || url->target != "/") {
    throw Error(ErrorKind::usage, "'{}' is not the name of a registry (want HOST or HOST:PORT)",
                printable(registry));
  }
  const std::lock_guard lock(mutex_);
  const auto known = schemes_.find(key_of(*url));
  if (known != schemes_.end() && known->second == "http") {
    url->scheme = "http";
    if (url->port == 443) url->port = 80;
  }
  return *url;
}

bool Hosts::may_fall_back(const Url& url) const {
  if (url.scheme != "https") return false;
  const std::lock_guard lock(mutex_);
  if (schemes_.contains(key_of(url))) return false;
  if (is_loopback(url.host)) return true;
  const std::vector<std::string> names = names_of(url);
  return std::ranges::any_of(
      names, [&](const std::string& name) { return std::ranges::count(insecure_, name) > 0; });
}

void Hosts::remember_scheme(const Url& url) {
  Url secure = url;
  if (url.scheme == "http" && url.port == 80) secure.port = 443;
  const std::lock_guard lock(mutex_);
  schemes_.try_emplace(key_of(secure), url.scheme);
}

std::shared_ptr<const TlsFiles> Hosts::tls(const Url& url, const Url& registry, bool anonymous) {
  if (url.scheme != "https") return nullptr;
  const std::string key = key_of(url) + " " + key_of(registry) + (anonymous ? " anonymous" : "");
  const std::lock_guard lock(mutex_);
  const auto found = tls_.find(key);
  if (found != tls_.end()) return found->second;
  TlsFiles files = load(url, registry, anonymous);
  std::shared_ptr<const TlsFiles> shared;
  if (!files.authorities.empty() || !files.certificate.empty()) {
    shared = std::make_shared<const TlsFiles>(std::move(files));
  }
  return tls_[key] = std::move(shared);
}

TlsFiles Hosts::load(const Url& url, const Url& registry, bool anonymous) const {
  TlsFiles tls;
  for (const std::string& file : ca_files_)
    tls.authorities += read_file(file) + "\n";
  std::vector<std::string> seen;
  const auto add = [&](const Url& host, bool own) {
    for (const std::string& directory : directories_) {
      for (const std::string& name : names_of(host)) {
        const std::string path = directory + "/" + name;
        if (std::ranges::count(seen, path) > 0 || !is_directory(path)) continue;
        seen.push_back(path);
        if (::access(path.c_str(), R_OK | X_OK) != 0) {
          log_debug("{} cannot be read and is skipped", path);  // root's, we are not root
          continue;
        }
        load_directory(path, own, tls);
      }
    }
  };
  add(url, !anonymous);
  add(registry, false);
  return tls;
}

}  // namespace cbuild::registry
