// Plans the mounts of a sandbox.
#pragma once

#include <cstdint>
#include <vector>

#include "src/sandbox/mount_step.h"

namespace cbuild::sandbox {

struct HostView;
struct Spec;

/// The steps for `spec`, in order. The GivenTree of a BindMount or OverlayBind has the index of
/// that mount in `spec.mounts`. `pid_max`: of the new pid namespace, whose ids then begin above
/// kReservedIds; 0 = stays. Pure.
std::vector<Step> plan_mounts(const Spec& spec, const HostView& host, std::uint64_t pid_max = 0);

}  // namespace cbuild::sandbox
