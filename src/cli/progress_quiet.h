// A display that shows nothing unless a step fails.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "cbuild/util/progress.h"
#include "src/cli/progress_text.h"

namespace cbuild::cli {

/// Of a failed step it shows the label and the last lines of its output.
class QuietProgress final : public Progress {
 public:
  explicit QuietProgress(DisplayOutput output) : output_(std::move(output)) {}

  std::size_t on_begin(std::string_view label, std::string_view group) override;
  void on_output(std::size_t step, int stream, std::string_view text) override;

  void on_transfer(std::size_t, std::string_view, std::uint64_t, std::uint64_t) override {}

  void on_end(std::size_t step, Outcome outcome, std::string_view error) override;

  void message(std::string_view) override {}

 private:
  struct Running {
    std::string label;
    LineAssembler assemblers[2];
    std::deque<std::string> last;
  };

  static void keep(Running& running, std::vector<std::string> lines);

  std::mutex mutex_;
  DisplayOutput output_;
  std::map<std::size_t, Running> running_;
  std::size_t next_ = 0;
};

}  // namespace cbuild::cli
