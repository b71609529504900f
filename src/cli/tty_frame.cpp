// The live display as a pure function; see tty_frame.h.
#include "src/cli/tty_frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "cbuild/util/display_width.h"
#include "cbuild/util/text.h"
#include "src/cli/human.h"

namespace cbuild::cli {

namespace {

using Outcome = Progress::Outcome;

// Finished steps that stay in sight even when running ones have much to say.
constexpr std::size_t kFinishedInSight = 4;
constexpr std::size_t kLiveTransfers = 12;
constexpr double kSpinnerRate = 10;  // pictures a second

constexpr std::string_view kBold = "1";
constexpr std::string_view kDim = "2";
constexpr std::string_view kRed = "31";
constexpr std::string_view kGreen = "32";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kBlue = "34";
constexpr std::string_view kCyan = "36";

struct Glyphs {
  std::string_view done, failed, cancelled, rule, ellipsis, bar, bar_rest, more;
  std::array<std::string_view, 10> spinner;
};

constexpr Glyphs kUnicodeGlyphs = {
    "✔", "✘", "◼", "│", "…", "━", "─", "⋮", {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}};
constexpr Glyphs kAsciiGlyphs = {
    "*", "x", "!", "|", "...", "#", "-", ":", {"|", "/", "-", "\\", "|", "/", "-", "\\", "|", "/"}};

/// Draws the pieces of which frames are made.
class Painter {
 public:
  Painter(const FrameStyle& style, double now)
      : glyphs_(style.unicode ? kUnicodeGlyphs : kAsciiGlyphs),
        width_(std::max<std::size_t>(style.size.columns, 12) - 1),
        color_(style.color),
        now_(now) {}

  std::string paint(std::string_view color, std::string_view text) const {
    if (!color_ || color.empty() || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", color, text);
  }

  std::string header(const DisplayState& state, std::string_view ending) const;
  std::string step(const StepState& step) const;
  std::string output(std::string_view line) const;
  std::vector<std::string> transfers(const StepState& step, std::size_t limit) const;
  std::string note(std::string_view text) const;

 private:
  struct Look {
    std::string_view glyph, glyph_color, label_color, right_color;
    std::string right;
  };

  Look look_of(const StepState& step) const;
  std::string transfer(const TransferState& transfer, std::size_t item_width) const;
  std::string bar(const TransferState& transfer, std::size_t width) const;

  std::string fit(std::string_view text, std::size_t width) const {
    return truncate_to_width(text, width, glyphs_.ellipsis);
  }

  const Glyphs& glyphs_;
  std::size_t width_;
  bool color_;
  double now_;
};

std::string Painter::header(const DisplayState& state, std::string_view ending) const {
  const auto ended = std::ranges::count_if(
      state.steps, [](const StepState& step) { return step.outcome.has_value(); });
  const std::string text =
      fmt::format("[+] {} {} ({}/{})", state.title, human_seconds(now_ - state.begun), ended,
                  state.steps.size());
  const std::string_view color = ending == "FAILED"     ? kRed
                                 : ending == "CANCELED" ? kYellow
                                                        : kGreen;
  const std::string fitted = fit(text, width_);
  if (ending.empty() || display_width(fitted) + 1 + ending.size() > width_) {
    return paint(kBold, fitted);
  }
  return paint(kBold, fitted) + " " + paint(color, ending);
}

Painter::Look Painter::look_of(const StepState& step) const {
  const std::string time = human_seconds((step.outcome ? step.ended : now_) - step.begun);
  if (!step.outcome) {
    const auto picture = static_cast<std::size_t>(std::max(0.0, now_) * kSpinnerRate);
    return {glyphs_.spinner[picture % glyphs_.spinner.size()], kCyan, kBold, "", time};
  }
  switch (*step.outcome) {
    case Outcome::done:
      return {glyphs_.done, kGreen, "", kDim, time};
    case Outcome::cached:
      return {glyphs_.done, kBlue, "", kBlue, "CACHED"};
    case Outcome::failed:
      return {glyphs_.failed, kRed, kRed, kRed, "FAILED " + time};
    case Outcome::cancelled:
      break;
  }
  return {glyphs_.cancelled, kYellow, kDim, kYellow, "CANCELED"};
}

std::string Painter::step(const StepState& step) const {
  const Look look = look_of(step);
  const std::size_t used = 4 + look.right.size();  // blanks, the glyph, what is on the right
  const std::size_t room = width_ > used ? width_ - used : 0;
  const std::string label = fit(step.label, room);
  const std::string gap(room - display_width(label) + 1, ' ');
  return " " + paint(look.glyph_color, look.glyph) + " " + paint(look.label_color, label) + gap +
         paint(look.right_color, look.right);
}

std::string Painter::output(std::string_view line) const {
  return "   " + paint(kDim, fmt::format("{} {}", glyphs_.rule, fit(line, width_ - 5)));
}

std::string Painter::note(std::string_view text) const {
  return " " + paint(kDim, fmt::format("{} {}", glyphs_.more, fit(text, width_ - 3)));
}

std::string Painter::bar(const TransferState& transfer, std::size_t width) const {
  const double part = static_cast<double>(std::min(transfer.done, transfer.total)) /
                      static_cast<double>(transfer.total);
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  std::string full;
  std::string rest;
  for (std::size_t i = 0; i < width; ++i)
    (i < filled ? full : rest) += i < filled ? glyphs_.bar : glyphs_.bar_rest;
  return paint(kCyan, full) + paint(kDim, rest);
}

std::string Painter::transfer(const TransferState& transfer, std::size_t item_width) const {
  const std::string item = pad_to_width(fit(transfer.item, item_width), item_width);
  std::string left = "   " + paint(kDim, glyphs_.rule) + " ";
  if (transfer.ended) {
    return left +
           paint(kDim, fit(fmt::format("{}  {}", item, human_size(transfer.done)), width_ - 5));
  }
  std::string amount = human_size(transfer.done);
  if (transfer.total > 0) amount += " / " + human_size(transfer.total);
  const double seconds = now_ - transfer.begun;
  if (seconds >= 0.5 && transfer.done > 0) {
    const double rate = static_cast<double>(transfer.done) / seconds;
    amount = fmt::format("{:<17}  {:>6}/s", amount, human_size(static_cast<std::uint64_t>(rate)));
  }
  const std::size_t bar_width = std::clamp<std::size_t>(width_ / 4, 10, 40);
  const bool wide = 5 + item_width + 2 + bar_width + 2 + amount.size() <= width_;
  if (transfer.total == 0 || !wide) {
    return left + fit(fmt::format("{}  {}", item, amount), width_ - 5);
  }
  return left + item + "  " + bar(transfer, bar_width) + "  " + amount;
}

std::vector<std::string> Painter::transfers(const StepState& step, std::size_t limit) const {
  std::vector<const TransferState*> shown;
  const auto running =
      static_cast<std::size_t>(std::ranges::count(step.transfers, false, &TransferState::ended));
  std::size_t ended_room = limit > running ? limit - running : 0;
  std::size_t item_width = 0;
  for (const TransferState& candidate : step.transfers) {
    if (shown.size() == limit || (candidate.ended && ended_room == 0)) continue;
    if (candidate.ended) --ended_room;
    shown.push_back(&candidate);
    item_width = std::max(item_width, display_width(candidate.item));
  }
  item_width = std::min(item_width, width_ / 3);
  std::vector<std::string> lines;
  for (const TransferState* one : shown)
    lines.push_back(transfer(*one, item_width));
  return lines;
}

/// The output lines that a running step shows below its own line.
struct Wish {
  std::size_t transfers = 0;
  std::size_t output = 0;
  std::size_t granted = 0;

  std::size_t total() const { return transfers + output; }
};

Wish wish_of(const StepState& step) {
  Wish wish;
  wish.transfers = std::min(step.transfers.size(), kLiveTransfers);
  wish.output = std::min(step.output.size() + (step.unfinished.empty() ? 0 : 1), kLiveOutput);
  return wish;
}

/// Deals `room` lines out to the steps, one each in turn.
void grant(std::vector<Wish>& wishes, std::size_t room) {
  for (bool any = true; any && room > 0;) {
    any = false;
    for (Wish& wish : wishes) {
      if (room == 0 || wish.granted == wish.total()) continue;
      ++wish.granted;
      --room;
      any = true;
    }
  }
}

void append_output(std::vector<std::string>& lines,
                   const Painter& painter,
                   const StepState& step,
                   std::size_t count) {
  const bool unfinished = !step.unfinished.empty() && count > 0;
  const std::size_t whole = std::min(step.output.size(), count - (unfinished ? 1 : 0));
  for (std::size_t i = step.output.size() - whole; i < step.output.size(); ++i) {
    lines.push_back(painter.output(step.output[i]));
  }
  if (unfinished) lines.push_back(painter.output(step.unfinished));
}

void append_running(std::vector<std::string>& lines,
                    const Painter& painter,
                    const StepState& step,
                    const Wish& wish) {
  lines.push_back(painter.step(step));
  const std::size_t transfers = std::min(wish.transfers, wish.granted);
  for (std::string& line : painter.transfers(step, transfers))
    lines.push_back(std::move(line));
  append_output(lines, painter, step, wish.granted - transfers);
}

std::string_view ending_of(const DisplayState& state) {
  const auto any = [&](auto outcome) {
    return std::ranges::any_of(state.steps,
                               [&](const StepState& s) { return s.outcome == outcome; });
  };
  if (any(std::optional(Outcome::failed))) return "FAILED";
  if (any(std::optional(Outcome::cancelled)) || any(std::optional<Outcome>())) return "CANCELED";
  return "FINISHED";
}

}  // namespace

std::vector<std::string> render_frame(const DisplayState& state,
                                      double now,
                                      const FrameStyle& style) {
  const Painter painter(style, now);
  const std::size_t room = std::max<std::size_t>(style.size.rows, 4) - 2;  // header, cursor line
  std::vector<std::string> lines = {painter.header(state, "")};

  std::vector<Wish> wishes;
  for (const StepState& step : state.steps) {
    if (!step.outcome) wishes.push_back(wish_of(step));
  }
  const std::size_t finished = state.steps.size() - wishes.size();
  const bool crowded = wishes.size() > room;
  const std::size_t running_shown = crowded ? room - 1 : wishes.size();
  const std::size_t in_sight = std::min(finished, kFinishedInSight);
  const std::size_t for_all = room - std::min(room, wishes.size());
  grant(wishes, for_all > in_sight ? for_all - in_sight : 0);
  std::size_t granted = 0;
  for (const Wish& wish : wishes)
    granted += wish.granted;

  const std::size_t finished_room = for_all - std::min(for_all, granted);
  std::size_t hidden = 0;
  if (finished > finished_room) hidden = finished - (finished_room > 0 ? finished_room - 1 : 0);
  if (hidden > 0 && finished_room > 0) {
    lines.push_back(painter.note(fmt::format("{} finished steps", hidden)));
  }
  std::size_t running = 0;
  for (const StepState& step : state.steps) {
    if (step.outcome) {
      if (hidden > 0) {
        --hidden;
      } else {
        lines.push_back(painter.step(step));
      }
    } else if (running++ < running_shown) {
      append_running(lines, painter, step, wishes[running - 1]);
    }
  }
  if (crowded) {
    lines.push_back(painter.note(fmt::format("{} more running", wishes.size() - running_shown)));
  }
  return lines;
}

std::vector<std::string> render_final(const DisplayState& state,
                                      double now,
                                      const FrameStyle& style) {
  const Painter painter(style, now);
  std::vector<std::string> lines = {painter.header(state, ending_of(state))};
  for (StepState step : state.steps) {
    if (!step.outcome) step.outcome = Outcome::cancelled;
    lines.push_back(painter.step(step));
    if (step.outcome == Outcome::failed) append_output(lines, painter, step, kFailedOutput);
  }
  return lines;
}

}  // namespace cbuild::cli
