// Errors and hints for a sandbox that could not be set up.
#pragma once

namespace cbuild {
class Error;
}

namespace cbuild::sandbox {

struct Report;
struct Spec;

/// The error of the step that `report` names, with a hint where a remedy is known.
/// @pre report.error != 0
Error setup_failure(const Spec& spec, const Report& report);

}  // namespace cbuild::sandbox
