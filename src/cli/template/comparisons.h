// Functions of templates that compare: eq ne lt le gt ge.
#pragma once

#include "src/cli/template/function_parts.h"

namespace cbuild::cli::templates {

/// eq takes several: whether the first equals any of the others. Texts, numbers of one kind, and
/// truths are compared; nil equals nil only. The others take two; truths have no order.
/// @throws Error(usage) "incompatible types for comparison"
Value run_eq(Arguments arguments);
Value run_ne(Arguments arguments);
Value run_lt(Arguments arguments);
Value run_le(Arguments arguments);
Value run_gt(Arguments arguments);
Value run_ge(Arguments arguments);

}  // namespace cbuild::cli::templates
