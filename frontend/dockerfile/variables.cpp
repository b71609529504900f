// Keeps names with values; see variables.h.
#include "frontend/dockerfile/variables.h"

#include <algorithm>

#include "cbuild/graph/environment.h"

namespace cbuild::frontend {

using Block = graph::EnvironmentBlock;

void Variables::set(std::string_view name, std::string value) {
  bytes_ += value.size();
  const auto [entry, is_new] = places_.try_emplace(std::string(name), values_.size());
  const std::size_t place = entry->second;
  if (is_new) {
    values_.emplace_back(name, std::move(value));
  } else {
    bytes_ -= values_[place].second.size();
    values_[place].second = std::move(value);
  }
  blocks_.resize((values_.size() + Block::kSize - 1) / Block::kSize);
  blocks_[place / Block::kSize].reset();
}

std::optional<std::string> Variables::find(std::string_view name) const {
  const auto place = places_.find(name);
  if (place == places_.end()) return std::nullopt;
  return values_[place->second].second;
}

std::size_t Variables::work() const noexcept {
  static constexpr std::size_t kBytesOfItem = 64;
  return values_.size() + bytes_ / kBytesOfItem;
}

std::vector<std::string> Variables::names() const {
  std::vector<std::string> names;
  for (const auto& [key, value] : values_)
    names.push_back(key);
  return names;
}

graph::Environment Variables::environment() {
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i]) continue;
    const std::size_t end = std::min(values_.size(), (i + 1) * Block::kSize);
    std::vector<std::string> entries;
    entries.reserve(end - i * Block::kSize);
    for (std::size_t place = i * Block::kSize; place < end; ++place)
      entries.emplace_back(values_[place].first).append("=").append(values_[place].second);
    blocks_[i] = std::make_shared<const Block>(std::move(entries));
  }
  return graph::Environment(blocks_);
}

}  // namespace cbuild::frontend
