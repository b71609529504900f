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

  Step begin(std::string_view label) override;
  void output(Step step, int stream, std::string_view text) override;

  void transfer(Step, std::string_view, std::uint64_t, std::uint64_t) override {}

  void end(Step step, Outcome outcome, std::string_view error) override;

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
  std::map<Step, Running> running_;
  Step next_ = 0;
};

}  // namespace cbuild::cli
