// JSON → values of templates, and back.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "src/cli/value.h"

namespace cbuild::cli {

/// What JSON does not say about a document: which members are maps, and which null is an empty list
/// or map. A member is named by its name alone ("Labels"), with the name of what holds it
/// ("LogConfig.Config"), or as any member of that ("Ports.*").
struct DocumentShape {
  std::set<std::string, std::less<>> maps;   ///< objects with any names
  std::set<std::string, std::less<>> lists;  ///< whose null is Go's nil list
};

/// Objects are records but for those of `shape`; members keep their order, the first of
/// several of one name counts. Numbers without fraction and exponent are integers.
/// @throws Error for what is no JSON (RFC 8259), or is nested more than 64 deep
Value parse_json(std::string_view text, const DocumentShape& shape = {});

/// On one line without blanks, as docker's `json` function; texts as json_string() has them.
/// `missing` is null.
std::string to_json(const Value& value);

}  // namespace cbuild::cli
