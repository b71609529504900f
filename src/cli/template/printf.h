// Go's fmt.Sprintf.
#pragma once

#include <string>
#include <string_view>

#include "src/cli/template/function_parts.h"

namespace cbuild::cli::templates {

/// Verbs %v %s %q %d %x %X %o %b %c %t %f %e %g %%, the flags - + 0 and blank, width and precision
/// as numbers. What does not fit is said in the text as Go does: "%!d(string=hi)", "%!s(MISSING)",
/// "%!(EXTRA int=1)".
/// @throws Error(usage) for a width above 1000000, for "*" and for a text above kMaxText
std::string go_printf(std::string_view format, Arguments arguments);

}  // namespace cbuild::cli::templates
