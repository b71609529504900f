// Why a sandbox could not be set up, in words.
#pragma once

#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "src/sandbox/report.h"

namespace cbuild::sandbox {

/// What `report` says that the child failed at, with what to do about it where that is known.
/// @pre report.error != 0
Error setup_failure(const Spec& spec, const Report& report);

}  // namespace cbuild::sandbox
