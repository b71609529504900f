// Progress as lines that only ever grow: for logs, pipes and dumb terminals.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cbuild/util/progress.h"
#include "src/cli/progress_text.h"

namespace cbuild::cli {

/// In the form of BuildKit's plain display: "#5 [build 2/5] RUN make", "#5 0.123 output",
/// "#5 DONE 1.2s". Whole lines only, so those of parallel steps never mix; an empty line where the
/// step changes.
class PlainProgress final : public Progress {
 public:
  explicit PlainProgress(DisplayOutput output) : output_(std::move(output)) {}

  std::size_t on_begin(std::string_view label, std::string_view group) override;
  void on_output(std::size_t step, int stream, std::string_view text) override;
  void on_transfer(std::size_t step,
                   std::string_view item,
                   std::uint64_t done,
                   std::uint64_t total) override;
  void on_end(std::size_t step, Outcome outcome, std::string_view error) override;
  void message(std::string_view text) override;

 private:
  struct Transfer {
    double begun = 0;
    double shown = 0;
    bool ended = false;
  };

  struct State {
    double begun = 0;
    LineAssembler assemblers[2];
    std::map<std::string, Transfer, std::less<>> transfers;
  };

  /// Writes lines of one step, each with its number.
  void write(std::size_t step, const std::vector<std::string>& lines);
  std::vector<std::string> stamped(const State& state, std::vector<std::string> lines) const;

  std::mutex mutex_;
  DisplayOutput output_;
  std::vector<State> steps_;
  std::size_t last_ = static_cast<std::size_t>(-1);  // whose line was written last
};

}  // namespace cbuild::cli
