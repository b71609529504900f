// The live display as a pure function: what is known of the steps, the size and the time → lines.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "cbuild/util/progress.h"
#include "src/cli/progress_text.h"

namespace cbuild::cli {

struct TransferState {
  std::string item;  ///< printable
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0 = unknown
  double begun = 0;
  bool ended = false;
};

struct StepState {
  std::string label;  ///< printable, one line
  double begun = 0;
  double ended = 0;
  std::optional<Progress::Outcome> outcome;  ///< absent: running
  std::deque<std::string> output;            ///< the last lines, printable
  std::string unfinished;                    ///< the line being written
  std::vector<TransferState> transfers;
};

struct DisplayState {
  std::string title = "Building";
  double begun = 0;
  std::vector<StepState> steps;
};

struct FrameStyle {
  ScreenSize size;
  bool color = false;
  bool unicode = true;
};

/// Lines of output that a running step shows, and a failed one in the end.
inline constexpr std::size_t kLiveOutput = 6;
inline constexpr std::size_t kFailedOutput = 20;

/// The display at the time `now`: fewer lines than the screen has rows, each narrower than it has
/// columns. Finished steps make room for running ones and their output.
std::vector<std::string> render_frame(const DisplayState& state,
                                      double now,
                                      const FrameStyle& style);

/// The last frame, which stays on the screen: every step, whatever the height.
std::vector<std::string> render_final(const DisplayState& state,
                                      double now,
                                      const FrameStyle& style);

}  // namespace cbuild::cli
