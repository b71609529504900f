// The exec form of an instruction: a JSON array of strings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::frontend {

struct StringArray {
  enum class Kind {
    no_array,    ///< not JSON, or no array: the shell form
    no_strings,  ///< an array that holds something else
    strings,
  };

  struct Item {
    std::string value;
    std::size_t begin;  ///< in the text, quotes included
    std::size_t end;
  };

  Kind kind = Kind::no_array;
  std::vector<Item> items;  ///< only of `strings`
};

/// Reads `text` as RFC 8259 JSON. Nothing but blanks may follow the array. What is nested more than
/// 100 deep is no array.
StringArray parse_string_array(std::string_view text);

}  // namespace cbuild::frontend
