// Errors and hints for a sandbox that could not be set up.
#pragma once

#include <string>

namespace cbuild {
class Error;
}

namespace cbuild::sandbox {

struct Report;
struct Spec;

/// The error of the step that `report` names, with a hint where a remedy is known.
/// @pre report.error != 0
Error setup_failure(const Spec& spec, const Report& report);

/// The same, of a mount on `target` that failed with the errno `code`.
Error mount_failure(const std::string& target, int code);

}  // namespace cbuild::sandbox
