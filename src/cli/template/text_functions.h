// Functions of templates that make texts.
#pragma once

#include "src/cli/template/function_parts.h"

namespace cbuild::cli::templates {

Value run_json(Arguments arguments);
/// Of a list; the values of a map are joined in the order of their texts; nil is "".
Value run_join(Arguments arguments);
Value run_split(Arguments arguments);
/// These three know the letters of ASCII.
Value run_upper(Arguments arguments);
Value run_lower(Arguments arguments);
Value run_title(Arguments arguments);
/// Blanks before and behind a text that is not empty.
Value run_pad(Arguments arguments);
/// At most so many bytes; unlike docker's it never cuts a character.
Value run_truncate(Arguments arguments);
/// Go's fmt.Sprint, Sprintln, Sprintf.
Value run_print(Arguments arguments);
Value run_println(Arguments arguments);
Value run_printf(Arguments arguments);

}  // namespace cbuild::cli::templates
