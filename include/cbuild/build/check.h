// Reading a Dockerfile without building it: what is behind --check and --call.
#pragma once

#include <vector>

namespace cbuild::frontend {
struct CheckResult;
struct Outline;
struct TargetInfo;
}  // namespace cbuild::frontend

namespace cbuild::store {
class Store;
}

namespace cbuild::build {

struct Request;

/// What the rules find in the Dockerfile of `request`. Runs and fetches nothing: of base images it
/// knows those in `store` (null = none). @throws Error(usage) for a wrong target or check option
frontend::CheckResult check(const Request& request, store::Store* store);

/// @throws BuildFailed when the Dockerfile is wrong; Error(usage) when there is no such target
frontend::Outline outline(const Request& request);
std::vector<frontend::TargetInfo> targets(const Request& request);

}  // namespace cbuild::build
