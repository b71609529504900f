// The error about a place in a template.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cbuild::cli::templates {

/// A part of a template's text.
struct Place {
  std::size_t offset = 0;
  std::size_t size = 0;
};

/// @param source  the whole template
/// @throws Error(usage) "template parsing error: line 1, column 3: at <.Foo>: WHAT"; without the
///         part when it is empty. Columns are counted from 1, in bytes, as an editor does.
[[noreturn]] void fail(std::string_view source,
                       Place place,
                       std::string_view what,
                       std::string hint = {});

}  // namespace cbuild::cli::templates
