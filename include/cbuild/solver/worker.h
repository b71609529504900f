// The solver's seam to the doing: one implementation does (ops), one pretends (tests).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cbuild/graph/graph.h"
#include "cbuild/util/error.h"

namespace cbuild::solver {

/// What a vertex came to. For root file systems `id` is the chain ID of the layers ("" = scratch),
/// so equal contents have equal ids; for contexts a name. Opaque to the solver.
struct Result {
  std::string id;
  friend bool operator==(const Result&, const Result&) = default;
};

/// One word of the instruction is to blame: one of graph::Vertex::words.
class WordError : public Error {
 public:
  WordError(std::string word, const Error& cause) : Error(cause), word_(std::move(word)) {}

  const std::string& word() const noexcept { return word_; }

 private:
  std::string word_;
};

/// Receives what a running step has to tell. Thread-safe for different vertices.
class StepLog {
 public:
  virtual ~StepLog() = default;
  virtual void output(int stream,
                      std::string_view text) = 0;  ///< 1 = stdout, 2 = stderr of the step
  /// `item` (a layer, a file) has moved `done` of `total` bytes (0 = not known).
  virtual void transfer(std::string_view item, std::uint64_t done, std::uint64_t total) = 0;
};

class Worker {
 public:
  virtual ~Worker() = default;

  /// What a source vertex is, without fetching its contents. Called in one thread, before
  /// everything else.
  virtual Result identify(graph::VertexId vertex) = 0;

  /// What `vertex` reads of its input number `input`, as text for the key. The root file system a
  /// step builds on counts as a whole; of what COPY reads, the content of the selected files
  /// counts. May take time (hashing). Asked again after run(): if the answer is another one, the
  /// result is not remembered. Thread-safe.
  /// @return nullopt when it cannot be told before before_first_run(): asked again after it.
  /// @throws Error: the vertex fails with it.
  virtual std::optional<std::string> input_identity(graph::VertexId vertex,
                                                    std::size_t input,
                                                    const Result& result) = 0;

  /// Called once, when the first vertex turns out to need running, while no thread of the solver is
  /// alive.
  virtual void before_first_run() = 0;

  /// Executes the vertex. Thread-safe. A free one may be run before before_first_run().
  /// @throws Error, Interrupted
  virtual Result run(graph::VertexId vertex, std::span<const Result> inputs, StepLog& log) = 0;
};

}  // namespace cbuild::solver
