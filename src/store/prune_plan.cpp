// Chooses the layers, blobs and rows that a prune removes; see prune_plan.h.
#include "src/store/prune_plan.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <unordered_set>

#include "cbuild/store/prune_options.h"
#include "cbuild/store/usage.h"

namespace cbuild::store {

namespace {

using Digests = std::unordered_set<oci::Digest>;

constexpr std::int64_t kMemoLife = 30 * 24 * 3600;  // seconds

/// Whether the age filter (until=) allows the removal of something last used at this time.
bool before(std::int64_t used, const PruneOptions& options) {
  return options.unused_since == 0 || used < options.unused_since;
}

/// The layers of the inventory as a forest: each one points to its parent.
class Forest {
 public:
  explicit Forest(const std::vector<Inventory::Layer>& layers) : layers_(layers) {
    for (const Inventory::Layer& layer : layers)
      by_chain_.emplace(layer.chain, &layer);
  }

  const Inventory::Layer* find(const std::optional<oci::Digest>& chain) const {
    if (!chain) return nullptr;
    const auto found = by_chain_.find(*chain);
    return found == by_chain_.end() ? nullptr : found->second;
  }

  /// Adds the layer and all that it needs: its ancestors, and the layers whose directories they
  /// share. Stops at a marked layer: its ancestors are marked already.
  void mark(const std::optional<oci::Digest>& chain, Digests& marked) const {
    for (const auto* layer = find(chain); layer != nullptr; layer = find(layer->parent)) {
      if (!marked.insert(layer->chain).second) return;
      mark(layer->shares, marked);
    }
  }

  void mark(const std::vector<oci::Digest>& chains, Digests& marked) const {
    for (const oci::Digest& chain : chains)
      mark(chain, marked);
  }

  /// When each layer was last used, itself or as part of a stack: the latest of its creation and of
  /// the cache records that name it or a descendant.
  std::unordered_map<oci::Digest, std::int64_t> last_used(
      const std::vector<Inventory::Record>& records, std::int64_t now) const {
    std::unordered_map<oci::Digest, std::int64_t> used;
    for (const Inventory::Layer& layer : layers_)
      raise(used, layer.chain, std::min(layer.created, now));  // clocks may have been wrong
    for (const Inventory::Record& record : records) {
      if (record.kind != RecordKind::step) continue;
      for (const oci::Digest& chain : record.digests)
        raise(used, chain, std::min(record.used, now));
    }
    return used;
  }

  std::size_t depth(const Inventory::Layer& layer) const {
    std::size_t depth = 0;
    for (const auto* below = find(layer.parent); below != nullptr; below = find(below->parent))
      ++depth;
    return depth;
  }

 private:
  void raise(std::unordered_map<oci::Digest, std::int64_t>& used,
             const std::optional<oci::Digest>& chain,
             std::int64_t time) const {
    for (const auto* layer = find(chain); layer != nullptr; layer = find(layer->parent)) {
      const auto [entry, fresh] = used.try_emplace(layer->chain, time);
      if (!fresh && entry->second >= time) return;
      entry->second = time;
      raise(used, layer->shares, time);
    }
  }

  const std::vector<Inventory::Layer>& layers_;
  std::unordered_map<oci::Digest, const Inventory::Layer*> by_chain_;
};

std::uint64_t size_on_disk(const Inventory::Layer& layer) {
  return layer.directory ? layer.size : 0;
}

/// The blobs that anything in the inventory refers to, needed or not.
Digests named_blobs(const Inventory& inventory) {
  Digests named;
  const auto add = [&](const std::vector<oci::Digest>& digests) {
    named.insert(digests.begin(), digests.end());
  };
  const auto add_content = [&](const Inventory::Content& content) {
    add(content.documents);
    add(content.layers);
  };
  for (const auto& image : inventory.images)
    add_content(image.content);
  for (const auto& record : inventory.records)
    add(record.digests);
  for (const auto& layer : inventory.layers)
    if (layer.blob) named.insert(*layer.blob);
  return named;
}

/// Makes one plan. Each step uses the results of those before it.
class Planner {
 public:
  Planner(const Inventory& inventory,
          PruneScope scope,
          const PruneOptions& options,
          std::int64_t now)
      : inventory_(inventory),
        scope_(scope),
        options_(options),
        now_(now),
        forest_(inventory.layers) {}

  PrunePlan plan() {
    plan_.scope = scope_;
    choose_images();
    choose_layers();
    choose_bases();
    choose_records();
    choose_blobs();
    return std::move(plan_);
  }

 private:
  /// Images that stay mark their layers and blobs; so do containers their layers. Names of bases
  /// are decided later, because they depend on the layers that stay.
  void choose_images() {
    Digests of_containers;
    for (const ContainerBase& base : inventory_.containers) {
      of_containers.insert(base.image);
      forest_.mark(base.chain, needed_);
    }
    for (const auto& image : inventory_.images) {
      const bool stays = of_containers.contains(image.id) || scope_ == PruneScope::garbage ||
                         image.named == Inventory::Named::yes || !before(image.created, options_);
      if (stays) {
        forest_.mark(image.content.chains, needed_);
        keep_content(image.content);
      } else if (image.named == Inventory::Named::as_base) {
        bases_.push_back(&image);
      } else {
        plan_.images.push_back(&image);
      }
    }
  }

  /// A base stays as long as all its layers do; other images or --keep-storage may keep them.
  void choose_bases() {
    const auto has_layers = [&](const Inventory::Content& content) {
      return !content.chains.empty() && std::ranges::all_of(content.chains, [&](const auto& chain) {
        return is_there(chain);
      });
    };
    for (const auto* base : bases_) {
      if (!forgets_all() && has_layers(base->content)) {
        keep_content(base->content);
      } else {
        plan_.images.push_back(base);
      }
    }
  }

  void keep_content(const Inventory::Content& content) {
    kept_blobs_.insert(content.documents.begin(), content.documents.end());
    kept_blobs_.insert(content.layers.begin(), content.layers.end());
  }

  /// Removes layers that no image needs: the least recently used first, until the rest fits into
  /// --keep-storage.
  void choose_layers() {
    // Garbage collection keeps the layers of all cache records, too.
    if (scope_ == PruneScope::garbage) {
      for (const auto& record : inventory_.records) {
        if (record.kind != RecordKind::step) continue;
        for (const oci::Digest& chain : record.digests)
          forest_.mark(chain, needed_);
      }
    }

    struct Candidate {
      const Inventory::Layer* layer;
      std::int64_t used;
      std::size_t depth;
    };

    std::vector<Candidate> candidates;
    const auto used = forest_.last_used(inventory_.records, now_);
    for (const auto& layer : inventory_.layers) {
      const std::int64_t last = used.at(layer.chain);
      if (needed_.contains(layer.chain) || !before(last, options_)) continue;
      candidates.push_back({&layer, last, forest_.depth(layer)});
    }
    // Children come before their parents: a parent is used at least as late as its children, and is
    // less deep. So the loop can stop anywhere, and no layer that stays loses its parent.
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
      return a.used != b.used ? a.used < b.used : a.depth > b.depth;
    });
    // A bound counts the layers that images need, too, though these are never removed.
    std::uint64_t left = 0;
    for (const auto& layer : inventory_.layers)
      left += size_on_disk(layer);
    for (const Candidate& candidate : candidates) {
      if (options_.keep_storage > 0 && left <= options_.keep_storage) break;
      left -= size_on_disk(*candidate.layer);
      plan_.layers.push_back(candidate.layer);
      removed_.insert(candidate.layer->chain);
    }
    // A layer that stays keeps the blob that it was unpacked from.
    for (const auto& layer : inventory_.layers) {
      if (layer.blob && !removed_.contains(layer.chain)) kept_blobs_.insert(*layer.blob);
    }
  }

  bool is_there(const oci::Digest& chain) const {
    return forest_.find(chain) != nullptr && !removed_.contains(chain);
  }

  bool is_bounded() const { return options_.keep_storage > 0; }

  bool forgets_all() const { return scope_ == PruneScope::all && !is_bounded(); }

  bool goes(const Inventory::Record& record) const {
    // A cached step without its layers is of no use.
    if (record.kind == RecordKind::step &&
        !std::ranges::all_of(record.digests, [&](const auto& chain) { return is_there(chain); })) {
      return true;
    }
    if (scope_ == PruneScope::garbage) return false;
    if (forgets_all()) return before(record.used, options_);
    // Memos cost little and save downloads: they stay for a month after their last use.
    if (record.kind == RecordKind::step) return false;
    return record.used < now_ - kMemoLife && before(record.used, options_);
  }

  void choose_records() {
    for (const auto& record : inventory_.records) {
      if (goes(record)) {
        plan_.records.push_back(&record);
        continue;
      }
      // The blobs of memos (encoded layers, downloads) can be made again: they stay in a garbage
      // collection, under a bound, or when they were used recently.
      const bool used = scope_ == PruneScope::garbage || is_bounded() ||
                        (options_.unused_since > 0 && !before(record.used, options_));
      const bool names_blob =
          record.kind == RecordKind::encoding || record.kind == RecordKind::download;
      if (names_blob && used) {
        kept_blobs_.insert(record.digests.begin(), record.digests.end());
      }
    }
  }

  void choose_blobs() {
    for (const auto& blob : inventory_.blobs) {
      if (!kept_blobs_.contains(blob.digest)) plan_.blobs.push_back(&blob);
    }
    // Blobs that no row names come first in the plan; see PrunePlan::unnamed_blobs.
    const Digests named = named_blobs(inventory_);
    const auto rest = std::ranges::stable_partition(
        plan_.blobs, [&](const auto* blob) { return !named.contains(blob->digest); });
    plan_.unnamed_blobs = plan_.blobs.size() - rest.size();
  }

  const Inventory& inventory_;
  PruneScope scope_;
  const PruneOptions& options_;
  std::int64_t now_;
  Forest forest_;
  std::vector<const Inventory::ImageEntry*> bases_;  ///< named as bases only; decided after layers
  Digests needed_;                                   ///< layers that must stay
  Digests removed_;                                  ///< layers that go
  Digests kept_blobs_;
  PrunePlan plan_;
};

}  // namespace

PrunePlan plan_prune(const Inventory& inventory,
                     PruneScope scope,
                     const PruneOptions& options,
                     std::int64_t now) {
  return Planner(inventory, scope, options, now).plan();
}

Usage measure(const Inventory& inventory, std::int64_t now) {
  const Forest forest(inventory.layers);
  Digests of_images;
  for (const auto& image : inventory.images)
    forest.mark(image.content.chains, of_images);

  Usage usage;
  usage.images.count = inventory.images.size();
  for (const auto& layer : inventory.layers) {
    const bool used = of_images.contains(layer.chain);
    (used ? usage.images : usage.cache).bytes += size_on_disk(layer);
    if (!used && layer.directory) ++usage.cache.count;
  }
  usage.blobs.count = inventory.blobs.size();
  for (const auto& blob : inventory.blobs)
    usage.blobs.bytes += blob.bytes;

  // Reclaimable is what `cbuild prune` without options would remove.
  const PrunePlan plan = plan_prune(inventory, PruneScope::unused, {}, now);
  for (const auto* layer : plan.layers) {
    const bool used = of_images.contains(layer->chain);
    (used ? usage.images : usage.cache).reclaimable += size_on_disk(*layer);
  }
  for (const auto* blob : plan.blobs)
    usage.blobs.reclaimable += blob->bytes;
  return usage;
}

}  // namespace cbuild::store
