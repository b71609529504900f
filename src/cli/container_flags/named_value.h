// A name and its value: a variable of the environment, a label.
#pragma once

#include <string>

namespace cbuild::cli {

struct NamedValue {
  std::string name;  ///< not empty, without "="
  std::string value;
  friend bool operator==(const NamedValue&, const NamedValue&) = default;
};

}  // namespace cbuild::cli
