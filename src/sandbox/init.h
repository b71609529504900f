// The processes that a sandbox is set up by: the first one, and those that enter it later.
#pragma once

namespace cbuild::sandbox {

struct Launch;

/// The main function of the first process: sets the sandbox up, starts the program, reaps until
/// that ends, leaves; without Spec::init it executes the program itself. Neither throws nor
/// allocates.
[[noreturn]] void run_init(Launch& launch) noexcept;

/// The main function of a process that was started in the namespaces of a running sandbox, whose
/// other processes see it: it is not dumpable, so none of them may trace it or open its
/// descriptors. Confines itself and executes the program. Likewise.
[[noreturn]] void run_entered(Launch& launch) noexcept;

}  // namespace cbuild::sandbox
