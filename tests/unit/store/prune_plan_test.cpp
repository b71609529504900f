// The order and the bounds of what a prune removes.
#include "src/store/prune_plan.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/store/prune_options.h"

namespace cbuild::store {

TEST_CASE("the plan removes the longest unused first, never what another stands on") {
  const auto chain = [](int n) { return oci::Digest::of(std::to_string(n)); };
  Inventory inventory;
  // 1 ← 2 ← 3 used at 50; 4 used at 70; 5 used at 60 only through its record.
  for (const int n : {1, 2, 3, 4, 5}) {
    Inventory::Layer& layer = inventory.layers.emplace_back();
    layer.chain = chain(n);
    if (n == 2 || n == 3) layer.parent = chain(n - 1);
    layer.directory = n;
    layer.size = 10;
    layer.created = n == 3 ? 50 : n == 4 ? 70 : 10;
  }
  inventory.records.push_back(
      {.kind = RecordKind::step, .key = chain(0), .used = 60, .digests = {chain(5)}});

  struct Row {
    std::uint64_t keep;
    std::int64_t since;
    std::vector<int> gone;
  };

  const Row rows[] = {
      {0, 0, {3, 2, 1, 5, 4}}, {40, 0, {3}},  {39, 0, {3, 2}}, {20, 0, {3, 2, 1}},
      {10, 0, {3, 2, 1, 5}},   {100, 0, {}},  {0, 50, {}},     {0, 51, {3, 2, 1}},
      {0, 61, {3, 2, 1, 5}},   {45, 65, {3}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.keep);
    CAPTURE(row.since);
    const PrunePlan plan = plan_prune(inventory, PruneScope::unused,
                                      {.keep_storage = row.keep, .unused_since = row.since}, 100);
    std::vector<int> gone;
    for (const auto* layer : plan.layers)
      gone.push_back(static_cast<int>(*layer->directory));
    CHECK(gone == row.gone);
  }
}

}  // namespace cbuild::store
