// cbuild doctor: what works on this machine, how, and what to do about the rest.
#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "cbuild/image/snapshot_driver.h"
#include "cbuild/network/private_network.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/credential_files.h"
#include "cbuild/registry/registry.h"
#include "cbuild/sandbox/limit_support.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/file_owners.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/doctor_report.h"
#include "src/cli/session.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

using State = Finding::State;

Finding failure(std::string subject, State state, const Error& error) {
  return {std::move(subject), state, error.what(), error.hint()};
}

Finding look_at_kernel() {
  utsname names{};
  ::uname(&names);
  return {"kernel", State::good,
          fmt::format("{} {} {}", names.sysname, names.release, names.machine)};
}

Finding look_at_isolation(const sandbox::Workspace& workspace) {
  constexpr const char* kSubject = "isolation of RUN";
  switch (workspace.isolation()) {
    case sandbox::Isolation::namespaces:
      return {kSubject, State::good, "namespaces"};
    case sandbox::Isolation::chroot:
      return {kSubject, State::lesser,
              "chroot in a private copy of the root file system, with fewer walls around it",
              "docs/rootless.md says what a step can reach; 'cbuild doctor --print pod' what a pod "
              "needs for namespaces"};
    case sandbox::Isolation::none:
      break;
  }
  try {
    workspace.require_run();
  } catch (const Error& error) {
    return failure(kSubject, State::missing, error);
  }
  return {kSubject, State::missing, "none"};
}

Finding look_at_owners(const store::Store& store) {
  if (store.ownership() == Ownership::real) return {"owners of files", State::good, "real ones"};
  return {"owners of files", State::lesser,
          "attributes of the files, because this process has one id; RUN has emulated ids",
          "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER, and the "
          "package uidmap; then another store"};
}

Finding look_at_snapshots(const sandbox::Workspace& workspace, store::Store& store) {
  constexpr const char* kSubject = "root file systems of RUN";
  const image::DriverChoice choice = image::choose_snapshot_driver(workspace, store);
  if (choice.driver == image::SnapshotDriver::overlay) {
    return {kSubject, State::good, "overlays of the kernel"};
  }
  const bool clones = choice.driver == image::SnapshotDriver::clone;
  return {
      kSubject, State::lesser,
      fmt::format("private copies{}: {}", clones ? " that share their blocks" : "", choice.reason),
      "keep the store on ext4, xfs or btrfs: --root DIR or CBUILD_ROOT"};
}

Finding look_at_network(const sandbox::Workspace& workspace) {
  constexpr const char* kSubject = "network of RUN";
  if (workspace.isolation() != sandbox::Isolation::namespaces) {
    return {kSubject, State::lesser, "that of this machine: a private one needs namespaces"};
  }
  try {
    const network::PrivateNetwork trial({.resolv_conf = {}, .servers = {}, .host_gateway = false});
    return {kSubject, State::good, "private, with a way out"};
  } catch (const Error& error) {
    return {kSubject, State::lesser,
            fmt::format("that of this machine: a private one cannot be had ({})", error.what()),
            "it needs nf_tables and nft_tproxy in the kernel; as root: modprobe nft_tproxy"};
  }
}

/// A build without limits needs none of them.
std::vector<Finding> look_at_limits() {
  std::vector<Finding> findings;
  for (const sandbox::LimitSupport& limit : sandbox::limit_support()) {
    const bool is_kept = !limit.how.empty();
    findings.push_back({"limit " + limit.flag, is_kept ? State::good : State::lesser,
                        is_kept ? limit.how : "cannot be kept", limit.missing});
  }
  return findings;
}

Finding look_at_registry(const std::string& name, Session& session) {
  const std::string subject = "registry " + name;
  try {
    const auto reference = oci::Reference::parse(name + "/cbuild/doctor");
    const registry::FoundCredentials found = registry::find_credentials(
        registry::CredentialPaths::from_environment(), reference, session.cancel());
    session.registry().check_login(name, found.credentials.value_or(registry::Credentials{}));
    return {subject, State::good,
            found.credentials ? fmt::format("accepts the user {}", found.credentials->user)
                              : "answers without a login"};
  } catch (const Error& error) {
    return failure(subject, State::missing, error);
  }
}

class Doctor final : public Command {
 public:
  void declare(Args& args) override {
    args.describe(
        "Tries what builds need on this machine, and says how they get it: how RUN steps are "
        "isolated, who owns the files of images, how root file systems are made, the network, "
        "limits. Below what works less well, or not at all, is a remedy. The exit code is 1 if "
        "something does not work. With REGISTRY it also checks the connection to it and the "
        "stored login.");
    args.positional("REGISTRY", registry_, "Host[:port] to be asked", Args::Need::optional);
    args.choice("--format", format_, {"table", "json"}, "Output format");
    args.choice("--print", print_, {"nothing", "apparmor", "pod"},
                "Print a profile of AppArmor for cbuild, or the securityContext of a pod, instead");
    args.example("cbuild doctor", "what works here");
    args.example("cbuild doctor localhost:5000", "and whether this registry answers");
    args.example("cbuild doctor --print pod", "for the administrator of a cluster");
  }

  int run(Session& session) override {
    if (print_ != "nothing") {
      write_result(std::string(print_ == "pod" ? pod_security() : apparmor_profile()));
      return 0;
    }
    const std::vector<Finding> findings = look(session);
    write_result(format_ == "json" ? to_json(findings) : to_text(findings));
    return is_anything_missing(findings) ? 1 : 0;
  }

 private:
  std::vector<Finding> look(Session& session) const {
    std::vector<Finding> findings{look_at_kernel()};
    // First, because the client of registries starts no thread in a namespace.
    std::vector<Finding> registry;
    if (!registry_.empty()) registry.push_back(look_at_registry(registry_, session));
    const std::vector<Finding> limits = look_at_limits();  // as the user who asks
    try {
      store::Store& store = session.store();
      findings.push_back({"store", State::good, store.root()});
      const sandbox::Workspace& workspace = session.workspace();
      findings.push_back(look_at_isolation(workspace));
      session.enter_namespace();
      findings.push_back(look_at_owners(store));
      if (workspace.isolation() != sandbox::Isolation::none) {
        findings.push_back(look_at_snapshots(workspace, store));
        findings.push_back(look_at_network(workspace));
        findings.insert(findings.end(), limits.begin(), limits.end());
      }
    } catch (const Error& error) {
      findings.push_back(failure("store", State::missing, error));
    }
    findings.insert(findings.end(), registry.begin(), registry.end());
    return findings;
  }

  std::string registry_;
  std::string format_ = "table";
  std::string print_ = "nothing";
};

}  // namespace

std::unique_ptr<Command> make_doctor() {
  return std::make_unique<Doctor>();
}

}  // namespace cbuild::cli
