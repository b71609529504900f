// What `cbuild doctor` says, as text and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cbuild::cli {

/// One thing that was looked at on this machine.
struct Finding {
  enum class State {
    good,
    lesser,  ///< it works, but slower or with fewer walls
    missing  ///< something cannot be done
  };

  std::string subject;  ///< "isolation"
  State state = State::good;
  std::string text;         ///< what was found
  std::string remedy = {};  ///< what to do about it; may be empty
};

/// A line for each finding, its remedy below it, and the sum as the last line.
std::string to_text(const std::vector<Finding>& findings);
std::string to_json(const std::vector<Finding>& findings);

/// Whether something cannot be done.
bool is_anything_missing(const std::vector<Finding>& findings);

/// A profile of AppArmor that lets cbuild make user namespaces: packaging/apparmor/cbuild.
std::string_view apparmor_profile() noexcept;

/// What the pod of a CI job needs, as YAML with comments.
std::string_view pod_security() noexcept;

}  // namespace cbuild::cli
