// Findings as text and as JSON; see doctor_report.h.
#include "src/cli/doctor_report.h"

#include <fmt/core.h>

#include <algorithm>

#include "cbuild/util/text.h"
#include "src/cli/json_writer.h"

namespace cbuild::cli {

namespace {

std::string_view word_of(Finding::State state) {
  switch (state) {
    case Finding::State::good:
      return "ok";
    case Finding::State::lesser:
      return "note";
    case Finding::State::missing:
      return "no";
  }
  return "";
}

constexpr std::string_view kApparmorProfile =
    R"(# Lets cbuild make user namespaces where kernel.apparmor_restrict_unprivileged_userns is 1 (Ubuntu 24.04 and newer).
# As root: cbuild doctor --print apparmor >/etc/apparmor.d/cbuild && apparmor_parser -r /etc/apparmor.d/cbuild
abi <abi/4.0>,
include <tunables/global>

profile cbuild /{usr/,usr/local/,home/*/.local/}bin/cbuild flags=(unconfined) {
  userns,

  include if exists <local/cbuild>
}
)";

constexpr std::string_view kPodSecurity =
    R"(# Builds without RUN need nothing: any user, no capability, a read-only root file system. The store must be
# writable: mount an emptyDir and set CBUILD_ROOT.
#
# RUN with namespaces of its own, as any user:
spec:
  hostUsers: false                  # the pod has a user namespace; procMount needs it
  containers:
    - name: build
      securityContext:
        seccompProfile:
          type: Unconfined          # RuntimeDefault forbids unshare(2) and mount(2)
        appArmorProfile:
          type: Unconfined
        procMount: Unmasked         # without it RUN sees the /proc of the container
        allowPrivilegeEscalation: true  # for newuidmap; false: owners are records, which works too
---
# RUN where none of this is allowed: by chroot(2), as root of a container with the usual capabilities.
spec:
  containers:
    - name: build
      env:
        - name: CBUILD_ISOLATION
          value: chroot
      securityContext:
        runAsUser: 0
)";

}  // namespace

std::string to_text(const std::vector<Finding>& findings) {
  std::size_t width = 0;
  for (const Finding& finding : findings)
    width = std::max(width, finding.subject.size());
  std::string text;
  std::size_t missing = 0;
  std::string_view remedy;  // one for several findings is said once
  for (const Finding& finding : findings) {
    text += fmt::format("{:<4}  {:<{}}  {}\n", word_of(finding.state), printable(finding.subject),
                        width, printable(finding.text));
    if (!finding.remedy.empty() && finding.remedy != remedy) {
      text += fmt::format("{:>{}}{}\n", "", width + 8, printable(finding.remedy));
    }
    remedy = finding.remedy;
    missing += finding.state == Finding::State::missing ? 1 : 0;
  }
  return text + (missing == 0
                     ? std::string("Everything works here.\n")
                     : fmt::format("{} of {} do not work here.\n", missing, findings.size()));
}

std::string to_json(const std::vector<Finding>& findings) {
  JsonWriter json;
  json.begin_array();
  for (const Finding& finding : findings) {
    json.begin_object().member("Subject", finding.subject);
    json.member("State", word_of(finding.state)).member("Text", finding.text);
    json.member("Remedy", finding.remedy).end_object();
  }
  json.end_array();
  return json.take();
}

bool is_anything_missing(const std::vector<Finding>& findings) {
  return std::ranges::any_of(
      findings, [](const Finding& one) { return one.state == Finding::State::missing; });
}

std::string_view apparmor_profile() noexcept {
  return kApparmorProfile;
}

std::string_view pod_security() noexcept {
  return kPodSecurity;
}

}  // namespace cbuild::cli
