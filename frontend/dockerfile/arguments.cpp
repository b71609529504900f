// Keeps declared arguments and their text; see arguments.h.
#include "frontend/dockerfile/arguments.h"

#include <fmt/core.h>

namespace cbuild::frontend {

namespace {

void append(std::string& text, const std::pair<std::string, std::string>& argument) {
  text.append(argument.first).append("=").append(argument.second).append(" ");
}

}  // namespace

void Arguments::declare(const std::string& name, const std::string& value) {
  const auto [place, is_new] = places_.try_emplace(name, values_.size());
  if (!is_new) return set(name, value);
  append(text_, values_.emplace_back(name, value));
}

void Arguments::set(const std::string& name, const std::string& value) {
  const auto place = places_.find(name);
  if (place == places_.end() || values_[place->second].second == value) return;
  values_[place->second].second = value;
  text_.clear();
  for (const auto& argument : values_)
    append(text_, argument);
}

std::string Arguments::text() const {
  return values_.empty() ? "" : fmt::format("|{} {}", values_.size(), text_);
}

}  // namespace cbuild::frontend
