// Counts the size of the config document, so that no build writes one too long to be read again.
#pragma once

#include <cstddef>
#include <string_view>

#include "cbuild/graph/source_range.h"

namespace cbuild::oci {
struct ImageConfig;
}

namespace cbuild::frontend {

/// Counts what the instructions of a stage, and of the stages it is based on, add to the document.
class ConfigGrowth {
 public:
  /// The instruction at `place` adds an entry to the history. Without a layer it is metadata, which
  /// stand in the config as well.
  void add_history(std::string_view created_by, bool empty_layer, const graph::SourceRange& place);

  /// The instruction at `place` adds `text` to the config alone.
  void add_text(std::string_view text, const graph::SourceRange& place);

  /// Throws when the document of `config` is longer than oci::kMaxDocument: DockerfileError at the
  /// instruction that added most of it, or Error when the labels of the command line did.
  void check(const oci::ImageConfig& config) const;

 private:
  void add(std::size_t in_json, std::size_t bytes, const graph::SourceRange& place);

  std::size_t in_json_ = 0;   ///< bytes of JSON, at most
  graph::SourceRange place_;  ///< of the instruction that added most
  std::size_t most_ = 0;      ///< bytes it added
};

}  // namespace cbuild::frontend
