// Blocks of variables and their keys; see environment.h.
#include "cbuild/graph/environment.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "cbuild/util/key_hasher.h"

namespace cbuild::graph {

EnvironmentBlock::EnvironmentBlock(std::vector<std::string> entries)
    : entries_(std::move(entries)) {
  KeyHasher key;
  for (const std::string& entry : entries_)
    key.add("env", entry);
  key_ = key.finish();
}

Environment::Environment(std::vector<std::string> entries) {
  for (auto begin = entries.begin(); begin != entries.end();) {
    const auto left = static_cast<std::size_t>(entries.end() - begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(left, EnvironmentBlock::kSize));
    blocks_.push_back(std::make_shared<const EnvironmentBlock>(
        std::vector<std::string>(std::move_iterator(begin), std::move_iterator(end))));
    begin = end;
  }
}

std::vector<std::string> Environment::entries() const {
  std::vector<std::string> all;
  for (const auto& block : blocks_)
    all.insert(all.end(), block->entries().begin(), block->entries().end());
  return all;
}

Sha256Sum Environment::key() const {
  KeyHasher key;
  for (const auto& block : blocks_)
    key.add("block", block->key());
  return key.finish();
}

}  // namespace cbuild::graph
