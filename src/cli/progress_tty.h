// The live display on a terminal.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cbuild/util/progress.h"
#include "src/cli/progress_text.h"
#include "src/cli/tty_frame.h"

namespace cbuild::cli {

struct TtyOptions {
  std::function<ScreenSize()> screen_size;  ///< asked before each frame
  bool color = true;
  bool unicode = true;
  std::string title = "Building";
};

/// Redraws in place: at most ten times a second, only what changed, one write a frame. The cursor
/// is hidden within a frame only, so that it is there however the process ends. Without its thread
/// (see Progress::resume_threads) it draws when it is told something. When destroyed it leaves the
/// final state on the screen.
class TtyProgress final : public Progress {
 public:
  TtyProgress(DisplayOutput output, TtyOptions options);
  ~TtyProgress() override;
  TtyProgress(const TtyProgress&) = delete;
  TtyProgress& operator=(const TtyProgress&) = delete;

  std::size_t on_begin(std::string_view label, std::string_view group) override;
  void on_output(std::size_t step, int stream, std::string_view text) override;
  void on_transfer(std::size_t step,
                   std::string_view item,
                   std::uint64_t done,
                   std::uint64_t total) override;
  void on_end(std::size_t step, Outcome outcome, std::string_view error) override;
  void message(std::string_view text) override;
  void suspend_threads() override;
  void resume_threads() override;

 private:
  FrameStyle style() const;
  void run();
  // With the mutex held:
  void draw_if_due(double interval);
  void draw();
  /// Puts `lines` in the place of those drawn before, with the text `above` before them for good.
  void show(const std::vector<std::string>& lines, std::string_view above = {});
  std::size_t rows_drawn(const ScreenSize& size) const;

  DisplayOutput output_;
  TtyOptions options_;
  std::mutex mutex_;
  DisplayState state_;
  std::vector<LineAssembler> assemblers_;  // two a step
  std::vector<std::string> drawn_;
  ScreenSize drawn_size_;
  double drawn_at_ = 0;
  bool any_drawn_ = false;

  bool threaded_ = false;
  std::condition_variable wake_;
  std::thread thread_;  // touched by resume and suspend only
};

}  // namespace cbuild::cli
