// The table of functions; see functions.h.
#include "src/cli/template/functions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cbuild/util/text.h"
#include "src/cli/template/comparisons.h"
#include "src/cli/template/data_functions.h"
#include "src/cli/template/text_functions.h"

namespace cbuild::cli::templates {

namespace {

constexpr std::size_t kAny = 1000;

constexpr auto kFunctions = std::to_array<Function>({
    {"and", 1, kAny, nullptr},
    {"eq", 2, kAny, run_eq},
    {"ge", 2, 2, run_ge},
    {"gt", 2, 2, run_gt},
    {"index", 1, kAny, run_index},
    {"join", 2, 2, run_join},
    {"json", 1, 1, run_json},
    {"le", 2, 2, run_le},
    {"len", 1, 1, run_len},
    {"lower", 1, 1, run_lower},
    {"lt", 2, 2, run_lt},
    {"ne", 2, 2, run_ne},
    {"not", 1, 1, run_not},
    {"or", 1, kAny, nullptr},
    {"pad", 3, 3, run_pad},
    {"print", 0, kAny, run_print},
    {"printf", 1, kAny, run_printf},
    {"println", 0, kAny, run_println},
    {"slice", 1, 3, run_slice},
    {"split", 2, 2, run_split},
    {"title", 1, 1, run_title},
    {"truncate", 2, 2, run_truncate},
    {"upper", 1, 1, run_upper},
});

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  names.reserve(kFunctions.size());
  for (const Function& function : kFunctions)
    names.emplace_back(function.name);
  return names;
}

}  // namespace

const Function* find_function(std::string_view name) {
  const auto found = std::ranges::find(kFunctions, name, &Function::name);
  return found == kFunctions.end() ? nullptr : &*found;
}

void check_function(std::string_view source, Place place, std::string_view name) {
  if (find_function(name) != nullptr) return;
  // Go has these.
  constexpr std::array<std::string_view, 4> kRefused = {"call", "html", "js", "urlquery"};
  const bool refused = std::ranges::find(kRefused, name) != kRefused.end();
  const std::vector<std::string> known = function_names();
  const auto suggestion = refused ? std::nullopt : nearest(name, known);
  fail(source, place,
       fmt::format("function \"{}\" {}{}", printable(name),
                   refused ? "is not supported" : "not defined",
                   suggestion ? fmt::format(" (did you mean {}?)", *suggestion) : ""),
       "known functions: " + join(known, ", "));
}

}  // namespace cbuild::cli::templates
