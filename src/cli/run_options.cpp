// Secrets, agents and hosts of RUN steps; see run_options.h.
#include "src/cli/run_options.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "cbuild/build/request.h"
#include "cbuild/util/csv.h"
#include "cbuild/util/error.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/io.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/host_flag.h"
#include "src/cli/refuse_word.h"

namespace cbuild::cli {

namespace {

constexpr std::uint64_t kMaxSecret = 500 << 10;  // as BuildKit
constexpr std::uint64_t kMaxKey = 100 << 10;

/// --- secrets

struct SecretOption {
  std::string id;
  std::string type;
  std::optional<std::string> source;
  std::optional<std::string> variable;
};

SecretOption parse_secret(const std::string& text) {
  static const std::vector<std::string> kKeys = {"id", "src", "source", "env", "type"};
  SecretOption secret;
  const auto fields =
      with_context(fmt::format("--secret '{}'", printable(text)), [&] { return csv_fields(text); });
  for (const auto& [field, offsets] : fields) {
    const auto equals = field.find('=');
    const std::string key = to_lower(field.substr(0, equals));
    if (equals == std::string::npos) {
      throw Error(ErrorKind::usage,
                  "--secret '{}': '{}' must be a key=value pair (want id=ID,src=FILE or "
                  "id=ID,env=VARIABLE)",
                  printable(text), printable(field));
    }
    const std::string value = field.substr(equals + 1);
    if (key == "id") {
      secret.id = value;
    } else if (key == "src" || key == "source") {
      secret.source = value;
    } else if (key == "env") {
      secret.variable = value;
    } else if (key == "type") {
      secret.type = value;
    } else {
      refuse_word("--secret", text, key, kKeys);
    }
  }
  if (secret.id.empty()) {
    throw Error(ErrorKind::usage, "--secret '{}': the id is missing (want id=ID,src=FILE)",
                printable(text));
  }
  if (!secret.type.empty() && secret.type != "file" && secret.type != "env") {
    refuse_word("--secret", text, secret.type, {"file", "env"});
  }
  if (secret.type == "env" && !secret.variable) std::swap(secret.variable, secret.source);
  if (secret.source && secret.variable) {
    throw Error(ErrorKind::usage, "--secret '{}': give src or env, not both", printable(text));
  }
  return secret;
}

/// A file, or a pipe such as <(command).
std::string read_small_file(const std::string& what, const std::string& path, std::uint64_t limit) {
  const auto name = [&] { return fmt::format("{}: {}", what, printable(path)); };
  Fd fd;
  try {
    fd = open_input(path);
  } catch (const Interrupted&) {
    throw;
  } catch (const SysError& error) {
    if (is_fault_of_machine(error.code())) throw;
    throw Error(ErrorKind::usage, "{}: {}", what, error.what());
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, "{}: {}", what, error.what());
  }
  SharedSource source(std::move(fd), path);
  std::string content;
  std::vector<std::byte> buffer(kIoBlock);
  while (const std::size_t count = source.read(buffer)) {
    content.append(reinterpret_cast<const char*>(buffer.data()), count);
    if (content.size() > limit) {
      throw Error(ErrorKind::usage, "{} is too large (at most {} KiB)", name(), limit >> 10);
    }
  }
  return content;
}

/// @param value  of the variable; a bare id means the variable of that name, else the file.
std::string read_secret(const SecretOption& secret,
                        const EnvironmentLookup& environment,
                        const std::string& directory) {
  const std::string what = fmt::format("--secret id={}", printable(secret.id));
  std::optional<std::string> value;
  if (secret.variable) {
    value = environment(secret.variable->c_str());
    if (!value) {
      throw Error(ErrorKind::usage, "{}: the variable {} is not set", what,
                  printable(*secret.variable));
    }
  } else if (!secret.source) {
    value = environment(secret.id.c_str());
  }
  if (!value) {
    return read_small_file(what, clean_path(directory, secret.source.value_or(secret.id)),
                           kMaxSecret);
  }
  if (value->size() > kMaxSecret) {
    throw Error(ErrorKind::usage, "{} is too large (at most {} KiB)", what, kMaxSecret >> 10);
  }
  return *value;
}

/// --- ssh

bool is_socket(const std::string& path) {
  struct stat status {};

  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

ops::SshSource read_agent(const std::string& id,
                          const std::vector<std::string>& paths,
                          const std::string& directory) {
  const std::string what = fmt::format("--ssh {}", printable(id));
  ops::SshSource source;
  for (const std::string& given : paths) {
    const std::string path = clean_path(directory, given);
    if (!is_socket(path)) {
      source.keys.push_back(read_small_file(what, path, kMaxKey));
    } else if (!source.socket.empty()) {
      throw Error(ErrorKind::usage, "{}: only one agent socket may be given", what);
    } else {
      source.socket = path;
    }
  }
  if (!source.socket.empty() && !source.keys.empty()) {
    throw Error(ErrorKind::usage, "{}: give the socket of an agent or keys, not both", what);
  }
  return source;
}

void add_agent(const std::string& text,
               const EnvironmentLookup& environment,
               const std::string& directory,
               std::map<std::string, ops::SshSource>& agents) {
  const auto equals = text.find('=');
  const std::string id = equals == 0 ? "default" : text.substr(0, equals);
  std::vector<std::string> paths;
  if (equals != std::string::npos) paths = split(text.substr(equals + 1), ',');
  std::erase(paths, std::string());
  if (paths.empty()) {
    const auto socket = environment("SSH_AUTH_SOCK");
    if (!socket || socket->empty()) {
      throw Error(ErrorKind::usage, "--ssh {}: no ssh agent is running (SSH_AUTH_SOCK is not set)",
                  printable(text))
          .with_hint(fmt::format("start one: eval $(ssh-agent) && ssh-add; or name a key: --ssh "
                                 "{}=FILE",
                                 printable(id)));
    }
    if (!is_socket(clean_path(directory, *socket))) {
      throw Error(ErrorKind::usage, "--ssh {}: SSH_AUTH_SOCK is {}, which is not a socket",
                  printable(text), printable(*socket));
    }
    paths = {*socket};
  }
  if (!agents.emplace(id, read_agent(id, paths, directory)).second) {
    throw Error(ErrorKind::usage, "--ssh {}: given twice", printable(id));
  }
}

/// --- entitlements

void allow(const std::string& entitlement, build::Request& request) {
  const std::string name = entitlement.substr(0, entitlement.find('='));
  if (name == "network.host") {
    request.allow_host_network = true;
  } else if (name == "security.insecure") {
    request.allow_insecure = true;
  } else if (name == "device") {
    throw Error(ErrorKind::usage, "--allow {}: cbuild gives a step no devices of this machine",
                printable(entitlement));
  } else {
    refuse_word("--allow", entitlement, name, {"network.host", "security.insecure"});
  }
}

}  // namespace

void declare_run_options(Args& args, RunOptions& options) {
  args.group("RUN steps");
  args.option("--secret", options.secrets, "id=ID[,src=FILE|,env=NAME]",
              "Secret for RUN --mount=type=secret, from a file or a variable; it is never part of "
              "the image or the cache");
  args.option("--ssh", options.ssh, "ID[=SOCKET|=KEY,...]",
              "Agent or keys for RUN --mount=type=ssh; --ssh default is $SSH_AUTH_SOCK");
  args.option("--allow", options.allow, "network.host", "Permission for RUN --network=host");
  args.option("--add-host", options.hosts, "HOST:ADDRESS",
              "Line of /etc/hosts; the address may be host-gateway");
  args.option("--dns", options.dns, "ADDRESS",
              "DNS server of RUN steps (default: those of this machine); repeatable");
  args.flag("--strict-network", options.strict_network,
            "Fail where RUN steps cannot have a private network");
  declare_limit_options(args, options.limits);
}

void apply_run_options(const RunOptions& options,
                       const EnvironmentLookup& environment,
                       const std::string& directory,
                       build::Request& request) {
  for (const std::string& text : options.allow)
    allow(text, request);
  ops::RunSettings& run = request.run;
  for (const std::string& text : options.secrets) {
    const SecretOption secret = parse_secret(text);
    run.secrets[secret.id] = read_secret(secret, environment, directory);
  }
  for (const std::string& text : options.ssh)
    add_agent(text, environment, directory, run.ssh);
  for (const std::string& text : options.hosts)
    run.hosts.push_back(parse_host_flag(text));
  for (const std::string& text : options.dns)
    run.dns_servers.push_back(parse_dns_flag(text));
  run.strict_network = options.strict_network;
  apply_limit_options(options.limits, run);
}

}  // namespace cbuild::cli
