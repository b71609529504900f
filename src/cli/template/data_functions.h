// Functions of templates that look at values: len, index, slice, not.
#pragma once

#include "src/cli/template/function_parts.h"

namespace cbuild::cli::templates {

/// Bytes of a text, elements, members.
Value run_len(Arguments arguments);

/// index x 1 "a" is x[1]["a"]. A member that a map has not is the zero value of its others' type,
/// as Go has it: "" among texts, 0, false, a nil list, else nil.
Value run_index(Arguments arguments);

/// slice x 1 2 is x[1:2], of a text (bytes) or list.
Value run_slice(Arguments arguments);

Value run_not(Arguments arguments);

}  // namespace cbuild::cli::templates
