// The rule that chooses, and the facts that it needs; see isolation_choice.h.
#include "src/sandbox/isolation_choice.h"

#include <linux/capability.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "cbuild/util/fs.h"
#include "cbuild/util/log.h"
#include "src/sandbox/capabilities.h"
#include "src/sandbox/id_map.h"
#include "src/sandbox/namespace_trial.h"

namespace cbuild::sandbox {

namespace {

/// Files that container engines make in a container.
constexpr const char* kContainerFiles[] = {"/.dockerenv", "/run/.containerenv"};
/// That of Kubernetes. The variable CI is none: a CI service may run on a machine that stays.
constexpr const char* kContainerVariables[] = {"KUBERNETES_SERVICE_HOST"};

/// What chroot isolation needs: to change the root, to drop capabilities, to own all files of the
/// copy, to become the user of a step and to end its processes.
constexpr std::pair<int, const char*> kNeededByChroot[] = {
    {CAP_SYS_CHROOT, "SYS_CHROOT"}, {CAP_SETPCAP, "SETPCAP"},
    {CAP_CHOWN, "CHOWN"},           {CAP_DAC_OVERRIDE, "DAC_OVERRIDE"},
    {CAP_FOWNER, "FOWNER"},         {CAP_SETUID, "SETUID"},
    {CAP_SETGID, "SETGID"},         {CAP_KILL, "KILL"},
};

constexpr const char* kChrootWays =
    "or run the steps in private copies of the root file system, with fewer walls around them: "
    "--isolation chroot";

std::optional<Error> refusal_of_chroot() {
  if (::geteuid() != 0) {
    return Error(ErrorKind::machine, "isolation by chroot needs root")
        .with_hint(
            "start the container as root: docker run --user 0; in Kubernetes "
            "securityContext.runAsUser: 0");
  }
  for (const char* map : {"/proc/self/uid_map", "/proc/self/gid_map"}) {
    if (has_one_id(parse_id_map(read_file(map))))
      return Error(ErrorKind::machine, "isolation by chroot needs more ids than one ({})", map)
          .with_hint("leave --isolation out: with namespaces one id is enough");
  }
  for (const auto& [capability, name] : kNeededByChroot) {
    if (has_capability(capability)) continue;
    return Error(ErrorKind::machine, "isolation by chroot needs CAP_{}, which root lacks here",
                 name)
        .with_hint(fmt::format("docker run --cap-add {}; in Kubernetes "
                               "securityContext.capabilities.add",
                               name));
  }
  return std::nullopt;
}

/// systemd's convention: the first process of a container has the variable `container`.
bool init_names_container() {
  try {
    const std::string environment =
        '\0' + read_file_if_exists("/proc/1/environ").value_or(std::string());
    return environment.find(std::string_view("\0container=", 11)) != std::string::npos;
  } catch (const SysError&) {  // it is not ours to read
    return false;
  }
}

std::string sign_of_disposable_container(const IsolationRequest& request) {
  for (const char* path : kContainerFiles) {
    if (::access(path, F_OK) == 0) return path;
  }
  for (const char* name : kContainerVariables) {
    if (request.environment && request.environment(name)) return name;
  }
  return init_names_container() ? "container= in /proc/1/environ" : "";
}

Error with_way(Error error, const char* way) {
  const std::string hint = error.hint();
  return error.with_hint(hint.empty() ? way : hint + "; " + way);
}

}  // namespace

IsolationChoice choose_isolation(std::optional<Isolation> wanted, const IsolationFacts& facts) {
  const auto refuse = [](Error error, std::string_view word) {
    error.prepend(fmt::format("--isolation {}", word));
    throw error;
  };
  if (wanted == Isolation::none) {
    Error error(ErrorKind::machine, "RUN is not possible with --isolation none");
    error.with_hint("leave --isolation out, or choose namespaces or chroot");
    return {Isolation::none, std::move(error)};
  }
  if (wanted == Isolation::chroot) {
    if (facts.chroot_refused) refuse(*facts.chroot_refused, to_text(*wanted));
    return {Isolation::chroot, std::nullopt};
  }
  if (!facts.namespaces_refused) return {Isolation::namespaces, std::nullopt};
  if (wanted == Isolation::namespaces) refuse(*facts.namespaces_refused, to_text(*wanted));
  if (facts.chroot_refused) return {Isolation::none, facts.namespaces_refused};
  if (!facts.disposable.empty()) return {Isolation::chroot, std::nullopt};
  return {Isolation::none, with_way(*facts.namespaces_refused, kChrootWays)};
}

IsolationChoice choose_isolation(const IsolationRequest& request) {
  IsolationFacts facts;
  const bool is_automatic = !request.wanted;
  if (is_automatic || request.wanted == Isolation::namespaces)
    facts.namespaces_refused = try_namespaces();
  if (request.wanted == Isolation::chroot || facts.namespaces_refused) {
    facts.chroot_refused = refusal_of_chroot();
    facts.disposable = sign_of_disposable_container(request);
  }
  IsolationChoice choice = choose_isolation(request.wanted, facts);
  if (is_automatic && choice.isolation == Isolation::chroot) {
    log_warning(
        "steps are isolated by chroot: this is a container ({}), and it has no user namespaces: {}",
        facts.disposable, facts.namespaces_refused->what());
  } else if (choice.isolation != Isolation::namespaces) {
    log_info("isolation: {}", to_text(choice.isolation));
  }
  return choice;
}

std::optional<Isolation> parse_isolation(std::string_view word) {
  for (const auto isolation : {Isolation::namespaces, Isolation::chroot, Isolation::none}) {
    if (word == to_text(isolation)) return isolation;
  }
  return std::nullopt;
}

std::string_view to_text(Isolation isolation) noexcept {
  switch (isolation) {
    case Isolation::namespaces:
      return "namespaces";
    case Isolation::chroot:
      return "chroot";
    case Isolation::none:
      return "none";
  }
  __builtin_unreachable();
}

}  // namespace cbuild::sandbox
