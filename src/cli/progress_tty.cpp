// The live display on a terminal; see progress_tty.h.
#include "src/cli/progress_tty.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

#include "cbuild/util/display_width.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

constexpr double kInterval = 0.1;
// Without a thread nobody redraws while a step is busy: what begins is shown at once, unless steps
// begin (and end, being cached) by the dozen.
constexpr double kBeginInterval = 0.005;

// Synchronised update (terminals that do not know it ignore it) and a hidden cursor.
constexpr std::string_view kBeginFrame = "\x1b[?2026h\x1b[?25l\r";
constexpr std::string_view kEndFrame = "\x1b[?25h\x1b[?2026l";

/// Cells of a line that may hold colours.
std::size_t width_of_drawn(std::string_view line) {
  std::size_t width = 0;
  while (!line.empty()) {
    const auto at = line.find('\x1b');
    width += display_width(line.substr(0, at));
    if (at == std::string_view::npos) break;
    line.remove_prefix(std::min(line.size(), line.find('m', at) + 1));
  }
  return width;
}

/// Lines to be written over others.
std::string with_erased_ends(std::string_view lines) {
  std::string result;
  for (const char c : lines)
    result += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  return result;
}

/// The beginning of a digest, by which people recognise a blob.
std::string short_item(std::string_view item) {
  constexpr std::string_view kPrefix = "sha256:";
  constexpr std::size_t kShortDigest = 12;
  if (item.starts_with(kPrefix)) item = item.substr(kPrefix.size(), kShortDigest);
  return clean_label(item);
}

}  // namespace

TtyProgress::TtyProgress(DisplayOutput output, TtyOptions options)
    : output_(std::move(output)), options_(std::move(options)) {
  state_.begun = output_.now();
  state_.title = options_.title;
}

TtyProgress::~TtyProgress() {
  suspend_threads();
  if (state_.steps.empty()) return;
  try {
    show(render_final(state_, output_.now(), style()));
  } catch (const std::bad_alloc&) {  // the allocation that fails next reports it
  }
}

FrameStyle TtyProgress::style() const {
  return {options_.screen_size(), options_.color, options_.unicode};
}

std::size_t TtyProgress::on_begin(std::string_view label, std::string_view group) {
  const std::lock_guard lock(mutex_);
  StepState& step = state_.steps.emplace_back();
  step.label = step_label(label, group);
  step.begun = output_.now();
  assemblers_.resize(2 * state_.steps.size());
  draw_if_due(kBeginInterval);
  return state_.steps.size() - 1;
}

void TtyProgress::on_output(std::size_t step, int stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  StepState& state = state_.steps.at(step);
  LineAssembler& assembler = assemblers_[2 * step + (stream == 2 ? 1 : 0)];
  for (std::string& line : assembler.feed(text))
    state.output.push_back(std::move(line));
  while (state.output.size() > kFailedOutput)
    state.output.pop_front();
  state.unfinished = assembler.unfinished();
  draw_if_due(kInterval);
}

void TtyProgress::on_transfer(std::size_t step,
                              std::string_view item,
                              std::uint64_t done,
                              std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  std::vector<TransferState>& transfers = state_.steps.at(step).transfers;
  std::string name = short_item(item);
  auto found = std::ranges::find(transfers, name, &TransferState::item);
  if (found == transfers.end()) {
    TransferState fresh;
    fresh.item = std::move(name);
    fresh.begun = output_.now();
    found = transfers.insert(transfers.end(), std::move(fresh));
  }
  found->done = done;
  found->total = total;
  found->ended = total != 0 && done >= total;
  draw_if_due(kInterval);
}

void TtyProgress::on_end(std::size_t step, Outcome outcome, std::string_view) {
  const std::lock_guard lock(mutex_);
  StepState& state = state_.steps.at(step);
  for (const std::size_t i : {2 * step, 2 * step + 1}) {
    for (std::string& line : assemblers_[i].finish())
      state.output.push_back(std::move(line));
  }
  state.unfinished.clear();
  while (state.output.size() > kFailedOutput)
    state.output.pop_front();
  if (outcome != Outcome::failed) state.output.clear();
  state.transfers.clear();
  state.outcome = outcome;
  state.ended = output_.now();
  draw_if_due(kInterval);
}

void TtyProgress::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  const std::string lines = printable(text) + "\n";
  if (any_drawn_) {
    show(render_frame(state_, output_.now(), style()), lines);
  } else {
    output_.write(lines);
  }
}

void TtyProgress::resume_threads() {
  if (thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    threaded_ = true;
  }
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // it is drawn from within the calls
    const std::lock_guard lock(mutex_);
    threaded_ = false;
  }
}

void TtyProgress::suspend_threads() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    threaded_ = false;
  }
  wake_.notify_one();
  thread_.join();
}

void TtyProgress::run() {
  std::unique_lock lock(mutex_);
  while (
      !wake_.wait_for(lock, std::chrono::duration<double>(kInterval), [&] { return !threaded_; })) {
    try {
      draw();
    } catch (const std::bad_alloc&) {  // the next frame may have more luck
    }
  }
}

void TtyProgress::draw_if_due(double interval) {
  if (threaded_) return;
  if (!any_drawn_ || output_.now() - drawn_at_ >= interval) draw();
}

void TtyProgress::draw() {
  if (!state_.steps.empty()) show(render_frame(state_, output_.now(), style()));
}

std::size_t TtyProgress::rows_drawn(const ScreenSize& size) const {
  if (size.columns == drawn_size_.columns) return drawn_.size();
  // The window was resized, and lines too wide for it now take several rows.
  std::size_t rows = 0;
  for (const std::string& line : drawn_) {
    rows += std::max<std::size_t>(1, (width_of_drawn(line) + size.columns - 1) / size.columns);
  }
  return rows;
}

void TtyProgress::show(const std::vector<std::string>& lines, std::string_view above) {
  const ScreenSize size = options_.screen_size();
  const bool resized = size.columns != drawn_size_.columns || size.rows != drawn_size_.rows;
  drawn_at_ = output_.now();
  any_drawn_ = true;
  if (lines == drawn_ && !resized && above.empty()) return;
  std::string frame(kBeginFrame);
  if (!drawn_.empty()) frame += fmt::format("\x1b[{}A", rows_drawn(size));
  // Each line is erased where it is overwritten: what is erased first flickers, and some terminals
  // keep it in their history.
  if (!above.empty()) frame += with_erased_ends(above);
  const bool in_place = !resized && above.empty();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool same = in_place && i < drawn_.size() && drawn_[i] == lines[i];
    frame += same ? "\n" : lines[i] + "\x1b[K\n";
  }
  if (!in_place || drawn_.size() > lines.size()) frame += "\x1b[J";
  frame += kEndFrame;
  output_.write(frame);
  drawn_ = lines;
  drawn_size_ = size;
}

}  // namespace cbuild::cli
